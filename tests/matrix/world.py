"""world.py - where the rows of the matrix happen: one directory, one agent, victims and senders by name"""
import contextlib
import errno
import json
import os
import signal
import socket
import struct
import subprocess
import time

LIFE = 0.35      # s that a victim lives before it is ended, so that a poll has met it
POLL = '100ms'


class Broken(Exception):
    """The row did not happen as it states: no verdict on the agent."""


def until(seconds, what, true):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise Broken('in vain: ' + what)
        time.sleep(0.005)


def children(pid):
    with contextlib.suppress(OSError):
        with open(f'/proc/{pid}/task/{pid}/children') as f:
            return [int(p) for p in f.read().split()]
    return []


def comm_of(pid):
    with open(f'/proc/{pid}/comm') as f:
        return f.read().rstrip('\n')


def state_of(pid):
    with open(f'/proc/{pid}/stat') as f:
        return f.read().rpartition(')')[2].split()[0]


def signo(name):
    return name if isinstance(name, int) else signal.Signals['SIG' + name].value


class Who:
    """A sender as it really was."""
    def __init__(self, pid, comm, uid=0):
        self.pid, self.comm, self.uid = pid, comm, uid


class Truth:
    """How one process really ended; `cause` is what an agent that sees everything says."""
    def __init__(self, pid, comm, exit=None, sig=None, core=False, cause='exit', by=None, also=(), after=None,
                 unseen=False, missable=False, forked=False, untold=False, via=None, failed=None):
        self.pid, self.comm, self.core, self.cause = pid, comm, core, cause
        self.code, self.signo = exit, None if sig is None else signo(sig)
        self.by, self.also, self.after = by, also, None if after is None else signo(after)
        self.unseen, self.via, self.failed = unseen, via, failed
        self.missable = missable  # too short for a poll
        self.untold = untold      # it may be gone before anything could be read; then that is told as a loss
        self.forked = forked      # it never execs: nothing for audit alone to see


class Stage:
    """One row in one column."""
    def __init__(self, world, name):
        self.world, self.name, self.truths, self.processes = world, name, [], []
        self.program = world.link('victim', 'watched', name)
        self.dir = os.path.join(world.dir, 'stages', name)  # whose core file would be another's too
        os.mkdir(self.dir, 0o777)
        os.chmod(self.dir, 0o777)

    def popen(self, argv, **more):
        for _ in range(50):
            try:
                p = subprocess.Popen([str(a) for a in argv], cwd=self.dir, stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, **more)
            except OSError as e:
                if e.errno != errno.ETXTBSY:
                    raise
                time.sleep(0.02)  # a row beside this one forked while the program was being written
            else:
                self.processes.append(p)
                return p
        raise Broken(f'{argv[0]}: always being written')

    def live(self, *args, prefix=(), lines=1, **more):
        """Starts the victim; back when it has said its pid and has lived for a while.  The last pid said is .victim."""
        p = self.popen([*prefix, self.program, *args], **more)
        said = [p.stdout.readline() for _ in range(lines)]
        if not all(said):
            raise Broken('the victim said nothing')
        p.said = [int(line) for line in said]
        p.victim = p.said[-1] if said else p.pid
        time.sleep(LIFE)
        return p

    def run(self, *args, prefix=(), delay=LIFE, **more):
        """A victim that ends itself."""
        wait = ['--delay', int(delay * 1000)] if delay else []
        p = self.popen([*prefix, self.program, *wait, *args], **more)
        p.victim = p.pid
        return p

    def end(self, p, truth_is=None):
        """Reaps; a status other than the one stated is a broken row."""
        try:
            code = p.wait(10)
        except subprocess.TimeoutExpired:
            raise Broken('the victim did not end') from None
        if truth_is is not None and code != truth_is:
            raise Broken(f'ended with {code}, not {truth_is}')

    def gone(self, pid):
        until(10, f'{pid} gone', lambda: not os.path.exists(f'/proc/{pid}'))

    def truth(self, pid, **how):
        t = Truth(pid, how.pop('comm', self.name[:15]), **how)
        self.truths.append(t)
        return t

    def ended(self, p, **how):
        """The truth about a direct child, checked against waitpid."""
        t = self.truth(p.victim, **how)
        until(30, 'it ends', lambda: os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG))
        dumped = os.waitid(os.P_PID, p.pid, os.WEXITED | os.WNOWAIT).si_code == os.CLD_DUMPED
        self.end(p, t.code if t.signo is None else -t.signo)
        if dumped != t.core:
            raise Broken('a core was dumped' if dumped else 'no core was dumped')
        return t

    def by(self, argv, comm, uid=0, **more):
        """A sender that is started, sends and is gone."""
        p = self.popen(argv, **more)
        p.wait(10)
        return Who(p.pid, comm[:15], uid)

    def send(self, how, sig, pid, count=1, prefix=(), uid=0, suid=False):
        name = 's' + self.name[1:]
        program = self.world.link('send', 'senders', name)
        if suid:
            program = self.world.suid(name)
        return self.by([*prefix, program, how, signo(sig), pid, count], name, uid)

    def cleanup(self):
        for p in self.processes:
            for f in (p.stdin, p.stdout):
                f.close()
            if p.poll() is None:
                p.kill()
                p.wait()


class World:
    """One column: the agent and the directory."""
    def __init__(self, build, directory, backends, agent, environment):
        self.build, self.dir = build, directory
        self.json = os.path.join(directory, 'j')
        os.chmod(directory, 0o755)
        for d in ('watched', 'senders', 'original', 'stages'):
            os.mkdir(os.path.join(directory, d), 0o755)
        for program in ('victim', 'send'):
            to = os.path.join(directory, 'original', program)
            subprocess.run(['cp', os.path.join(build, 'tests', program), to], check=True)
        conf = os.path.join(directory, 'agent.ini')
        with open(conf, 'w') as f:
            f.write(f'[agent]\nbackends = {backends}\nstate_dir = none\ncontrol = none\npoll_interval = {POLL}\n'
                    f'[output j]\ntype = file\nformat = json\npath = {self.json}\n'
                    f'[target m]\nexe = {directory}/watched/*\nrate = 0\n')
        self.log = open(os.path.join(directory, 'log'), 'w')
        self.agent = subprocess.Popen([agent, '-c', conf], stderr=self.log, stdout=self.log,
                                      env={**os.environ, **environment})
        until(10, 'the agent starts', lambda: self.agent.poll() is not None or self.events('agent'))
        if self.agent.poll() is not None:
            raise SystemExit('the agent ended at its start:\n' + open(self.log.name).read())

    def link(self, program, to, name):
        path = os.path.join(self.dir, to, name)
        if not os.path.exists(path):
            os.link(os.path.join(self.dir, 'original', program), path)
        return path

    def suid(self, name):
        path = os.path.join(self.dir, 'senders', name)
        os.unlink(path)
        subprocess.run(['cp', os.path.join(self.dir, 'original', 'send'), path], check=True)
        os.chmod(path, 0o4755)
        return path

    def events(self, kind):
        found = []
        with contextlib.suppress(FileNotFoundError), open(self.json, errors='surrogateescape') as f:
            for line in f:
                if line.endswith('\n'):
                    record = json.loads(line)
                    if record['event'] == kind:
                        found.append(record)
        return found

    @contextlib.contextmanager
    def agent_stopped(self):
        """It reads nothing meanwhile: all comes to it at once, and late."""
        self.agent.send_signal(signal.SIGSTOP)
        try:
            yield
            time.sleep(0.1)
        finally:
            self.agent.send_signal(signal.SIGCONT)

    def sweep(self):
        """Victims of rows that broke, and what those had forked."""
        for pid in filter(str.isdigit, os.listdir('/proc')):
            with contextlib.suppress(OSError):
                if os.readlink(f'/proc/{pid}/exe').startswith(self.dir + '/'):
                    os.kill(int(pid), signal.SIGKILL)

    def close(self):
        self.sweep()
        self.agent.terminate()
        try:
            status = self.agent.wait(10)
        except subprocess.TimeoutExpired:
            self.agent.kill()
            status = 'no end'
        if status != 0:
            raise SystemExit(f'the agent ended with {status}:\n' + open(self.log.name).read())


AUDIT_ADD_RULE, AUDIT_DEL_RULE = 1011, 1012


def audit_task_never(add):
    """`-a task,never`: a process forked meanwhile has no audit context, as one older than auditing."""
    flags, action = 1, 0  # AUDIT_FILTER_TASK, AUDIT_NEVER
    rule = struct.pack('=3I', flags, action, 0) + bytes(4 * (64 + 3 * 64)) + struct.pack('=I', 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 9) as s:
        s.bind((0, 0))
        s.settimeout(2)
        s.send(struct.pack('=IHHII', 16 + len(rule), AUDIT_ADD_RULE if add else AUDIT_DEL_RULE, 5, 1, 0) + rule)
        reply = s.recv(4096)
        error = struct.unpack_from('=i', reply, 16)[0]
    if error:
        raise Broken(f'audit rule: {os.strerror(-error)}')


@contextlib.contextmanager
def unaudited():
    audit_task_never(True)
    try:
        yield
    finally:
        audit_task_never(False)


@contextlib.contextmanager
def unlimited_log():
    """Ten lines in five seconds is all that the kernel logs about faults, of everybody's programs together."""
    path = '/proc/sys/kernel/printk_ratelimit'
    with open(path) as f:
        found = f.read()
    with open(path, 'w') as f:
        f.write('0')
    try:
        yield
    finally:
        with open(path, 'w') as f:
            f.write(found)


@contextlib.contextmanager
def memory_cgroup(name, limit):
    """A memory cgroup of either version; gives the file to write a pid to."""
    v1, v2 = '/sys/fs/cgroup/memory', '/sys/fs/cgroup'
    if os.path.exists(v1 + '/memory.limit_in_bytes'):
        path, key = f'{v1}/{name}', 'memory.limit_in_bytes'
    else:
        path, key = f'{v2}/{name}', 'memory.max'
    os.mkdir(path)
    try:
        with open(f'{path}/{key}', 'w') as f:
            f.write(str(limit))
        yield path + '/cgroup.procs'
    finally:
        until(5, 'the cgroup is empty', lambda: not open(path + '/cgroup.procs').read())
        os.rmdir(path)


def elf32(path, pid, sig):
    """A 32-bit program: kill(pid, sig), exit(0)."""
    code = (b'\xb8\x25\0\0\0' + b'\xbb' + struct.pack('=i', pid) + b'\xb9' + struct.pack('=i', sig) + b'\xcd\x80'
            + b'\xb8\x01\0\0\0\x31\xdb\xcd\x80')
    base, head = 0x8048000, 52 + 32
    elf = (b'\x7fELF\1\1\1' + bytes(9) + struct.pack('=HHIIIIIHHHHHH', 2, 3, 1, base + head, 52, 0, 0, 52, 32, 1, 0, 0, 0)
           + struct.pack('=8I', 1, 0, base, base, head + len(code), head + len(code), 5, 4096))
    with open(path, 'wb') as f:
        f.write(elf + code)
    os.chmod(path, 0o755)
