#!/usr/bin/env python3
"""killed.py AGENT VICTIM AUDITCTL ROUNDS [SEED] - kills and holds up the agent's processes at random moments while watched daemons end

Judges: audit is as found after each end of the agent; each daemon that lived long enough to stand in the state file is
told once, with the status that waitpid gave wherever a status is told; no other is told twice; no process is left.  Prints the counts."""
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

AGENT, VICTIM, AUDITCTL, ROUNDS = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
SEED = int(sys.argv[5]) if len(sys.argv) > 5 else random.randrange(1 << 30)
DAEMONS = 12        # alive at a time
LIFE = (5.0, 9.0)   # s; the state file is written within one, and an agent that was killed is back within three
WAYS = ['engine', 'warden', 'engine and warden', 'keeper', 'all', 'stop engine', 'stop warden', 'stop keeper', 'oom']

rng = random.Random(SEED)
directory = tempfile.mkdtemp(prefix='epitaph-killed-')
output = f'{directory}/j'
daemon = f'{directory}/daemon'
failures = []


def bad(text):
    failures.append(text)
    print(f'# {text}', flush=True)


def auditing():
    status = subprocess.run([AUDITCTL, '-s'], capture_output=True, text=True).stdout
    keys = ('enabled', 'pid', 'backlog_limit', 'backlog_wait_time')
    rules = subprocess.run([AUDITCTL, '-l'], capture_output=True, text=True).stdout
    return [line for line in status.splitlines() if line.split()[0] in keys] + rules.splitlines()


def child_of(pid):
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open(f'/proc/{name}/stat', 'rb') as f:
                    fields = f.read().rpartition(b')')[2].split()
                with open(f'/proc/{name}/comm') as f:
                    comm = f.read().strip()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != b'Z' and comm == 'epitaph':
                return int(name)
    return None


class Agent:
    """The agent's processes."""

    def __init__(self):
        self.started = 0

    def start(self):
        self.errors = open(f'{directory}/err', 'a')
        self.keeper = subprocess.Popen([AGENT, '-c', f'{directory}/ini'], stdout=self.errors, stderr=self.errors, stdin=subprocess.DEVNULL)
        self.wait_until_started()

    def wait_until_started(self):
        """A new engine is at work: the seconds that it took."""
        begin = time.monotonic()
        while time.monotonic() < begin + 15:
            count = sum('"state":"started"' in line for line in open(output)) if os.path.exists(output) else 0
            if count > self.started:
                self.started = count
                self.warden = child_of(self.keeper.pid)
                self.engine = child_of(self.warden) if self.warden else None
                if self.engine:
                    return time.monotonic() - begin
            time.sleep(0.05)
        raise SystemExit(f'not ok: no engine within 15 s after a kill (seed {SEED}); see {directory}')

    def stop(self):
        self.keeper.send_signal(signal.SIGTERM)
        status = self.keeper.wait(20)
        if status != 0:
            bad(f'the agent ended with {status}')

    def processes(self):
        return [self.keeper.pid, self.warden, self.engine]


def kill(pids, signo=signal.SIGKILL):
    for pid in pids:
        try:
            os.kill(pid, signo)
        except ProcessLookupError:
            pass


def memory_cgroup():
    v1 = '/sys/fs/cgroup/memory'
    path = f'{v1 if os.path.exists(v1 + "/memory.limit_in_bytes") else "/sys/fs/cgroup"}/epitaph-killed-{os.getpid()}'
    try:
        os.mkdir(path)
    except OSError:
        return None
    return path


def out_of_memory(pid, path):
    """The engine's cgroup has no page left: the next one that it touches kills it.  True if it did."""
    limit = 'memory.limit_in_bytes' if os.path.exists(f'{path}/memory.limit_in_bytes') else 'memory.max'
    if not os.path.exists(f'{path}/{limit}'):
        return False
    with open(f'{path}/{limit}', 'w') as f:
        f.write('4096')
    with open(f'{path}/cgroup.procs', 'w') as f:
        f.write(str(pid))
    for _ in range(60):
        if not os.path.exists(f'/proc/{pid}') or open(f'/proc/{pid}/stat').read().rpartition(')')[2].split()[0] in 'ZX':
            return True
        time.sleep(0.05)
    return False


class Daemons:
    """Watched processes that end all the time: pid -> what waitpid said."""

    def __init__(self):
        self.alive, self.ended = {}, {}
        self.short = collections.Counter()

    def tend(self):
        now = time.monotonic()
        for pid, (process, until, signo) in list(self.alive.items()):
            if signo and now >= until:
                process.send_signal(signo)
                self.alive[pid] = (process, now + 60, 0)
            if process.poll() is not None:
                self.ended[pid] = process.returncode
                del self.alive[pid]
        while len(self.alive) < DAEMONS:
            life = rng.uniform(*LIFE)
            signo = rng.choice([0, signal.SIGTERM, signal.SIGKILL, signal.SIGUSR1])
            argv = [daemon, 'wait'] if signo else [daemon, '--delay', str(int(life * 1000)), 'exit', str(rng.randrange(1, 100))]
            process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
            self.alive[process.pid] = (process, now + life, signo)
        one = subprocess.Popen([daemon, 'exit', '0'], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        one.wait()
        self.short[one.pid] += 1

    def tend_for(self, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.tend()
            time.sleep(0.03)

    def finish(self):
        for process, _, signo in self.alive.values():
            if signo:
                process.send_signal(signo)
        for pid, (process, _, _) in self.alive.items():
            self.ended[pid] = process.wait()


def strike(agent, way, group, before):
    """Seconds until the watch goes on; None: it was not interrupted."""
    if way.startswith('stop '):
        pid = {'engine': agent.engine, 'warden': agent.warden, 'keeper': agent.keeper.pid}[way[5:]]
        kill([pid], signal.SIGSTOP)
        time.sleep(rng.uniform(0.1, 2.5))
        kill([pid], signal.SIGCONT)
        return None
    if way in ('keeper', 'all'):
        if way == 'all':
            kill(agent.processes(), signal.SIGSTOP)
            kill(agent.processes())
        else:
            kill([agent.keeper.pid])
            for pid in agent.processes()[1:]:
                while os.path.exists(f'/proc/{pid}'):
                    time.sleep(0.02)
        agent.keeper.wait()
        if way == 'keeper' and auditing() != before:
            bad(f'after kill -9 of the keeper audit is not as found: {auditing()}')
        begin = time.monotonic()
        agent.start()
        return time.monotonic() - begin
    if way == 'oom':
        if not group or not out_of_memory(agent.engine, group):
            kill([agent.engine])
    else:
        kill({'engine': [agent.engine], 'warden': [agent.warden], 'engine and warden': [agent.engine, agent.warden]}[way])
    return agent.wait_until_started()


def judge(daemons):
    told = collections.defaultdict(list)
    for line in open(output):
        record = json.loads(line)
        if record['event'] == 'exit':
            told[record['pid']].append(record)
    missed = [pid for pid in daemons.ended if not told[pid]]
    twice = [pid for pid in daemons.ended if len(told[pid]) > 1]
    twice += [pid for pid, count in daemons.short.items() if len(told[pid]) > count]
    wrong = []
    for pid, status in daemons.ended.items():
        for record in told[pid]:
            if 'signo' in record and record['signo'] != -status or 'exit_code' in record and record['exit_code'] != status:
                wrong.append(pid)
    with_status = sum('signo' in r or 'exit_code' in r for pid in daemons.ended for r in told[pid])
    losts = sum('"event":"lost"' in line for line in open(output))
    short = sum(1 for pid in daemons.short if told[pid])
    print(f'# {len(daemons.ended)} daemons ended, {len(missed)} not told, {len(twice)} told twice, {len(wrong)} with another status, '
          f'{with_status} with a status; {short} of {sum(daemons.short.values())} short ones; {losts} lost records')
    for name, pids in (('missed', missed), ('told twice', twice), ('another status', wrong)):
        if pids:
            bad(f'{name}: {pids[:10]}: {[told[p] for p in pids[:3]]}')


def main():
    before = auditing()
    shutil.copy(VICTIM, daemon)
    with open(f'{directory}/ini', 'w') as f:
        f.write(f'[agent]\nstate_dir = {directory}/state\ncontrol = none\n[output j]\ntype = file\nformat = json\npath = {output}\n'
                f'[target t]\nexe = {daemon}\nrate = 0\n')
    os.chmod(f'{directory}/ini', 0o644)
    agent, daemons, group = Agent(), Daemons(), memory_cgroup()
    counts, slowest = collections.Counter(), 0.0
    agent.start()
    for turn in range(ROUNDS):
        daemons.tend_for(rng.uniform(1.2, 3.0))
        way = WAYS[turn % len(WAYS)]
        counts[way] += 1
        slowest = max(slowest, strike(agent, way, group, before) or 0)
    daemons.tend_for(2)
    daemons.finish()
    time.sleep(2)
    agent.stop()
    if auditing() != before:
        bad(f'audit is not as found: {auditing()}, before {before}')
    if group:
        os.rmdir(group)
    left = [p for p in os.listdir('/proc') if p.isdigit() and os.path.exists(f'/proc/{p}/exe') and os.readlink(f'/proc/{p}/exe') == os.path.realpath(AGENT)]
    if left:
        bad(f'processes are left: {left}')
    judge(daemons)
    print('# ' + ', '.join(f'{count} x {way}' for way, count in counts.items()) + f'; at the slowest the watch went on after {slowest:.2f} s; seed {SEED}')
    if not failures:
        shutil.rmtree(directory)
    else:
        print(f'# see {directory}')
    print('1..1\n' + ('not ok 1 - ' if failures else 'ok 1 - ') + 'killed and held up at random moments')
    sys.exit(1 if failures else 0)


main()
