"""agent.py - the agent under the soak: its configurations, its processes, what they take, and audit around it"""
import contextlib
import os
import random
import re
import signal
import subprocess
import time

PROGRAMS = ('alpha', 'beta', 'gamma')
EVERYTHING = 'auto'
BACKENDS = (EVERYTHING,) * 12 + ('audit, cn_proc, proc',) * 2 + ('tracepoint, cn_proc, proc',) * 2 + (
    'tracepoint, proc, kmsg', 'cn_proc, proc, taskstats', 'audit, proc', 'proc')


class Broken(Exception):
    """The soak cannot go on."""


def until(seconds, what, true):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Broken('in vain: ' + what)
        time.sleep(0.02)


def children_of(pid):
    with contextlib.suppress(OSError):
        with open(f'/proc/{pid}/task/{pid}/children') as f:
            return [int(p) for p in f.read().split()]
    return []


def family(pid):
    """It and its descendants."""
    return [pid] + [p for child in children_of(pid) for p in family(child)]


class Audit:
    """The kernel's audit as it was found; `usable` if nobody else has it."""
    def __init__(self, build):
        self.tool = os.path.join(build, 'root', 'run-auditctl')
        self.why_not, self.found = None, None
        if not os.access(self.tool, os.X_OK):
            self.why_not = f'there is no {self.tool} (tests/setup check)'
            return
        status = self.status()
        if 'enabled' not in status:
            self.why_not = 'this kernel has no audit'
        elif status['enabled'] == '2':
            self.why_not = 'audit is locked until the next boot'
        elif status['pid'] != '0':
            self.why_not = f'pid {status["pid"]} has audit'
        elif self.call('-l').strip() != 'No rules':
            self.why_not = 'there are audit rules of somebody else'
        else:
            self.found = self.settings()
        self.usable = self.why_not is None

    def call(self, *words):
        return subprocess.run([self.tool, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout

    def status(self):
        return dict(line.split()[:2] for line in self.call('-s').splitlines() if len(line.split()) == 2)

    def settings(self):
        status = self.status()
        return {k: status.get(k) for k in ('enabled', 'failure', 'pid', 'rate_limit', 'backlog_limit', 'backlog_wait_time')}

    def restore(self):
        """What is different, if anything is; it is put back."""
        if self.found is None:
            return None
        now, rules = self.settings(), self.call('-l').strip()
        if now == self.found and rules == 'No rules':
            return None
        self.call('-D', '-k', 'epitaph')
        self.call('-e', self.found['enabled'], '-b', self.found['backlog_limit'], '--backlog_wait_time', self.found['backlog_wait_time'])
        return f'{now}, {rules}'


class Agent:
    def __init__(self, program, directory, faults):
        self.program, self.dir, self.faults = program, directory, faults
        self.programs = os.path.join(directory, 'programs')
        self.output = os.path.join(directory, 'records')
        self.conf = os.path.join(directory, 'agent.ini')
        self.process, self.pids, self.reload_at = None, [], 0.

    # Configurations.  All of them watch the same programs and write the same file.
    def targets(self, any_of):
        keys = any_of(('', '', 'events = exec, exit', 'events = exit', 'events = all', 'signals = TERM, KILL, HUP',
                       'record_args = no', 'record_args = first', 'restarts = 0', 'severity = exit=crit'))
        if any_of((True, False)):
            return [f'[target all]\nexe = {self.programs}/*\nrate = {any_of((0, 0, 50))}\n{keys}']
        key = any_of((f'exe = {self.programs}/%s', f'exe = {self.programs}/%s\nuser = root', 'comm = %s'))
        mine = [f'[target {name}]\n{key % name}\nrate = {any_of((0, 100))}\n{keys}' for name in PROGRAMS]
        random.shuffle(mine)
        others = [f'[target nobody-{i}]\ncomm = nobody-{i}\nuser = root' for i in range(any_of((0, 5, 40)))]
        return others + mine if any_of((True, False)) else mine + others

    def write(self, backends=EVERYTHING, any_of=None):
        """A configuration; any_of chooses its varying parts, else it is the plain one."""
        plain = any_of is None
        any_of = any_of or (lambda choices: choices[0])
        targets = [f'[target all]\nexe = {self.programs}/*\nrate = 0'] if plain else self.targets(any_of)
        outputs = [f'[output records]\ntype = file\nformat = json\npath = {self.output}\nkeep = {any_of((6, 4, 8))}\n'
                   f'max_size = {any_of(("1M", "256K", "512K", "4M"))}']
        if any_of((False, True)):
            outputs.append(f'[output text]\ntype = file\nformat = text\npath = {self.dir}/text\nmax_size = 64K\nkeep = {any_of((1, 0, 3))}')
        audit = f'[audit]\nrules = {any_of(("auto", "auto", "signals, execs"))}\nexec_failures = {any_of(("no", "yes"))}'
        top = (f'[agent]\nbackends = {backends}\nstate_dir = {self.dir}/state\ncontrol = none\ngrace = {any_of(("250ms", "50ms", "1s"))}\n'
               f'coalesce = {any_of(("1s", "100ms", "0"))}\nstop_window = {any_of(("10s", "1s"))}\npoll_interval = {any_of(("1s", "200ms"))}')
        self.write_text('\n'.join([top, audit, *outputs, *targets]) + '\n')

    def write_text(self, text):
        with open(self.conf + '.new', 'w') as f:
            f.write(text)
        os.rename(self.conf + '.new', self.conf)

    def start(self):
        self.write()
        with open(os.path.join(self.dir, 'agent.err'), 'w') as err:
            self.process = subprocess.Popen([self.program, '-c', self.conf], env=dict(os.environ, **self.faults), stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL, stderr=err)
        until(20, 'the agent starts', lambda: self.process.poll() is not None or self.has_started())
        if self.process.poll() is not None:
            raise Broken(f'the agent ended at its start with {self.process.returncode}')
        self.pids = family(self.process.pid)

    def has_started(self):
        with contextlib.suppress(OSError):
            with open(self.output) as f:
                return '"state":"started"' in f.read()
        return False

    def reload(self):
        """Several that come at once are one."""
        self.reload_at = time.time()
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def kill(self):
        """Whatever is left of it, if it does not stop."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
            for pid in family(self.process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.process.wait()

    def said(self, lines=20):
        with contextlib.suppress(OSError):
            with open(os.path.join(self.dir, 'agent.err')) as f:
                return f.read().splitlines()[-lines:]
        return []

    # What it takes.
    def memory(self):
        """KiB of all of its processes: (resident, private), (the most they have ever been)."""
        resident = private = peak = 0
        for pid in self.pids:
            with open(f'/proc/{pid}/smaps_rollup') as f:
                text = f.read()
            resident += sum(int(n) for n in re.findall(r'^Rss: +(\d+)', text, re.M))
            private += sum(int(n) for n in re.findall(r'^Private_(?:Clean|Dirty): +(\d+)', text, re.M))
            with open(f'/proc/{pid}/status') as f:
                peak += int(re.search(r'^VmHWM:\s+(\d+)', f.read(), re.M)[1])
        return resident, private, peak

    def descriptors(self):
        return [len(os.listdir(f'/proc/{pid}/fd')) for pid in self.pids]

    def cpu_seconds(self):
        ticks = 0
        for pid in self.pids:
            with open(f'/proc/{pid}/stat') as f:
                fields = f.read().rpartition(')')[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf('SC_CLK_TCK')
