"""trouble.py - what happens to the agent at random while daemons die: each has a begin and an end, and is undone by its end"""
import collections
import os
import signal
import subprocess
import time

from agent import BACKENDS, EVERYTHING


class Trouble:
    def __init__(self, agent, audit, build, chance, every, note, only=None):
        self.agent, self.audit, self.chance, self.every = agent, audit, chance, every
        self.taker_program = os.path.join(build, 'tests', 'auditpid')
        self.note = note
        self.provoked = []            # [begin, end, what], which the judge reads
        self.later = []               # (when, what to do): ends of what has begun
        self.counts = collections.Counter()
        self.next_at = time.time() + 3
        self.lacking, self.taker = None, None
        self.kinds = [self.reload] * 6 + [self.reload_broken] + [self.move_output] * 2 + [self.hold] * 3
        if audit.usable:
            self.kinds += [self.remove_rules] * 3 + [self.switch_off] + [self.take_audit] * 2
        if only:
            self.kinds = [kind for kind in self.kinds if kind.__name__ in only.split(',')]

    def end_due(self):
        for entry in [e for e in self.later if e[0] <= time.time()]:
            self.later.remove(entry)
            entry[1]()

    def begin_due(self):
        now = time.time()
        if now >= self.next_at:
            self.next_at = now + self.chance.expovariate(1 / self.every)
            kind = self.chance.choice(self.kinds)
            self.note(kind.__name__)
            kind()
            self.counts[kind.__name__.replace('_', ' ')] += 1

    def settle(self):
        """All that has begun ends, and the configuration is the plain one."""
        self.stop()
        self.apply(EVERYTHING, self.agent.write)

    def add(self, seconds, what, undo):
        now = time.time()
        self.note(f'{what} for {seconds:.1f} s')
        self.provoked.append([now, now + seconds, what])
        self.later.append((now + seconds, undo))

    # Reloads.
    def apply(self, backends, write):
        if self.lacking:
            self.lacking[1] = time.time()
            self.lacking = None
        if backends != EVERYTHING:
            self.lacking = [time.time(), float('inf'), f'only {backends}']
            self.provoked.append(self.lacking)
        self.note(f'reload {backends}')
        write()
        self.agent.reload()

    def reload(self):
        backends = self.chance.choice(BACKENDS)
        self.apply(backends, lambda: self.agent.write(backends, self.chance.choice))

    def reload_broken(self):
        self.agent.write_text('[agent]\nbackends = none of them\n[target x]\ncom = y\n')
        self.agent.reload()

    def move_output(self):
        """As logrotate does."""
        try:
            os.rename(self.agent.output, f'{self.agent.output}.moved')
        except FileNotFoundError:
            return
        self.agent.reload()

    # Losses.
    def hold(self):
        which = self.chance.randrange(len(self.agent.pids))
        pid = self.agent.pids[which]
        os.kill(pid, signal.SIGSTOP)
        self.add(self.chance.uniform(0.1, 2.5), f'{("keeper", "warden", "engine")[which % 3]} held', lambda: os.kill(pid, signal.SIGCONT))

    def remove_rules(self):
        self.provoked.append([time.time(), time.time() + 2, 'audit rules removed'])
        self.audit.call('-D')

    def switch_off(self):
        self.audit.call('-e', '0')
        self.add(self.chance.uniform(0.2, 2), 'audit switched off', lambda: self.audit.call('-e', '1'))

    def take_audit(self):
        if self.taker:
            return
        self.taker = subprocess.Popen([self.taker_program], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.add(self.chance.uniform(1, 6), 'audit records taken', self.give_audit)

    def give_audit(self):
        self.taker.stdin.close()
        try:
            self.taker.wait(10)
        except subprocess.TimeoutExpired:
            self.taker.kill()
            self.taker.wait()
        self.taker = None

    def stop(self):
        for _, undo in self.later:
            undo()
        self.later.clear()
