"""rows.py - the ways to die: each row does it and states the truth once"""
import collections
import os
import sys
import time

from world import LIFE, Broken, Who, children, comm_of, elf32, signo, unaudited, until

NOBODY = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
Row = collections.namedtuple('Row', 'name what do alone needs')
ROWS = []


def row(what, do, alone=False, needs=()):
    """`alone`: the row disturbs others, so none runs beside it.  `needs`: of the machine, by their names in needs.py."""
    ROWS.append(Row(f'm{len(ROWS) + 1:02d}', what, do, alone, needs))


def alone(what, do):
    row(what, do, True)


# The sending system calls.

def sent(how, sig, via=None, **more):
    def do(s):
        v = s.live('wait')
        who = s.send(how, sig, v.victim)
        s.ended(v, sig=sig, cause='killed', by=who, via=via or how, **more)
    return do


for how in 'kill', 'tkill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo', 'pidfd_send_signal':
    row(f'{how}, TERM', sent(how, 'TERM'))
row('kill by `int $0x80` of a 64-bit process', sent('int80', 'TERM', via='kill'), needs=['int80'])


def by_32_bit(s):
    v = s.live('wait')
    name = 'e' + s.name[1:]
    path = os.path.join(s.world.dir, 'senders', name)
    elf32(path, v.victim, signo('TERM'))
    s.ended(v, sig='TERM', cause='killed', by=s.by([path], name), via='kill')


row('kill by a 32-bit program', by_32_bit, needs=['i386'])

# Which signal.
for sig in 'KILL', 'HUP', 'INT', 'USR1', 'PIPE', 'ALRM', 'XCPU', 'VTALRM':
    row(f'kill, {sig}', sent('kill', sig))
row('kill, RTMIN+3', sent('kill', 37))
for sig in 'SEGV', 'BUS', 'FPE', 'ABRT', 'TRAP', 'SYS':
    row(f'{sig} by kill, no fault', sent('kill', sig))


def dumped(sig):
    def do(s):
        v = s.popen([s.program, '--core', 'unlimited', 'wait'])
        v.victim = int(v.stdout.readline())
        time.sleep(LIFE)
        who = s.send('kill', sig, v.victim)
        s.ended(v, sig=sig, core=True, cause='killed', by=who)
    return do


row('QUIT by kill, with core', dumped('QUIT'), needs=['core'])
row('SEGV by kill, with core', dumped('SEGV'), needs=['core'])

# Who sends.


def by(argv, comm):
    def do(s):
        v = s.live('wait')
        who = s.by([a.format(pid=v.victim) for a in argv], comm)
        s.ended(v, sig='TERM', cause='killed', by=who)
    return do


row('sh, its builtin kill', by(['/bin/sh', '-c', 'kill -TERM {pid}'], 'sh'))
row('bash, its builtin kill', by(['/bin/bash', '-c', 'kill -TERM {pid}'], 'bash'))
row('/bin/kill', by(['/bin/kill', '-TERM', '{pid}'], 'kill'))
row('python, os.kill', by([sys.executable, '-c', 'import os; os.kill({pid}, 15)'], os.path.basename(sys.executable)))
row('a thread of python', by([sys.executable, '-c', 'import os, threading; t = threading.Thread(target=os.kill,'
                              ' args=({pid}, 15)); t.start(); t.join()'], os.path.basename(sys.executable)))


def by_parent(s):
    v = s.live('wait')
    v.send_signal(15)
    s.ended(v, sig='TERM', cause='killed', by=Who(os.getpid(), comm_of(os.getpid())))


row('the parent itself', by_parent)


def by_timeout(s):
    p = s.live('wait', prefix=('timeout', '0.5'))
    s.end(p, 124)
    s.truth(p.victim, sig='TERM', cause='killed', by=Who(p.pid, 'timeout'))


def by_timeout_kill(s):
    p = s.live('ignore', 'TERM', prefix=('timeout', '-k', '0.2', '0.5'))
    s.end(p)
    s.truth(p.victim, sig='KILL', cause='killed', by=Who(p.pid, 'timeout'))


row('timeout', by_timeout)
row('timeout -k: TERM ignored, then KILL', by_timeout_kill)


def by_pkill(s):
    v = s.live('wait')
    who = s.by(['pkill', '-TERM', '-x', s.name], 'pkill')
    s.ended(v, sig='TERM', cause='killed', by=who)


row('pkill', by_pkill)


def group(s):
    first = s.live('wait', process_group=0)
    second = s.live('wait', process_group=first.victim)
    who = s.send('group', 'TERM', first.victim)
    for v in first, second:
        s.ended(v, sig='TERM', cause='killed', by=who)


def group_of_fork(s):
    """A daemon and its worker, one group, one kill."""
    p = s.live('worker', 'wait', lines=2, start_new_session=True)
    who = s.by(['/bin/sh', '-c', f'kill -s KILL -- -{p.pid}'], 'sh')
    s.end(p, -9)
    s.gone(p.victim)
    s.truth(p.pid, sig='KILL', cause='killed', by=who)
    s.truth(p.victim, sig='KILL', cause='killed', by=who, forked=True)


row('a process group of two', group)
row('a group: daemon and forked worker', group_of_fork)


# Namespaces: a shell is PID 1 in a new pid namespace, with victims as its children.

def namespace(s, script, victims=1):
    p = s.popen(['unshare', '-pf', '/bin/sh', '-c', script.format(m=s.program)])
    p.local = [int(p.stdout.readline()) for _ in range(victims)]
    time.sleep(LIFE)
    p.init = children(p.pid)[0]
    p.victims = [c for c in children(p.init) if comm_of(c) == s.name]
    if len(p.victims) != victims:
        raise Broken(f'{len(p.victims)} victims')
    return p


def go(p):
    p.stdin.write('go\n')
    p.stdin.flush()


def in_namespace(s):
    p = namespace(s, '{m} wait & read x; kill -TERM $!; wait; read y')
    go(p)
    s.gone(p.victims[0])
    s.truth(p.victims[0], sig='TERM', cause='killed', by=Who(p.init, 'sh'))


def kill_all(s):
    p = namespace(s, '{m} wait & {m} wait & read x; kill -TERM -1; wait; read y', 2)
    go(p)
    for v in p.victims:
        s.gone(v)
        s.truth(v, sig='TERM', cause='killed', by=Who(p.init, 'sh'))


def from_outside(s):
    p = namespace(s, '{m} wait & wait; read y')
    who = s.send('kill', 'TERM', p.victims[0])
    s.gone(p.victims[0])
    s.truth(p.victims[0], sig='TERM', cause='killed', by=who)


def by_nsenter(s):
    p = namespace(s, '{m} wait & wait; read y')
    n = s.popen(['nsenter', '-t', str(p.init), '-p', '/bin/sh', '-c', f'read x; kill -TERM {p.local[0]}; exit'])
    until(5, 'nsenter forks', lambda: any(comm_of(c) == 'sh' for c in children(n.pid)))
    who = Who(children(n.pid)[0], 'sh')
    go(n)
    n.wait(10)
    s.gone(p.victims[0])
    s.truth(p.victims[0], sig='TERM', cause='killed', by=who)


def namespace_ends(s):
    p = s.popen(['unshare', '-pf', s.program, 'worker', 'wait'])
    p.stdout.readline(), p.stdout.readline()
    time.sleep(LIFE)
    init = children(p.pid)[0]
    child = children(init)[0]
    who = s.send('kill', 'KILL', init)
    s.gone(init)
    s.truth(init, sig='KILL', cause='killed', by=who)
    s.truth(child, sig='KILL', cause='kernel', unseen=True, forked=True)


for what, do in (('sender in the same pid namespace', in_namespace),
                 ('kill(-1) in a pid namespace, two victims', kill_all),
                 ('victim in a pid namespace, sender outside', from_outside),
                 ('sender by nsenter, other pids there', by_nsenter),
                 ('PID 1 of a pid namespace, and its child by the kernel', namespace_ends)):
    row(what, do, needs=['pid_namespace'])


# Identity of the sender.

def after_setuid(s):
    v = s.live('--uid', '65534', 'wait')
    who = s.send('kill', 'TERM', v.victim, prefix=NOBODY, uid=65534)
    s.ended(v, sig='TERM', cause='killed', by=who)


def setuid_program(s):
    v = s.live('wait')
    who = s.send('kill', 'TERM', v.victim, prefix=NOBODY, uid=65534, suid=True)
    s.ended(v, sig='TERM', cause='killed', by=who)


def not_permitted(s):
    v = s.run('exit', '0', delay=1.5)
    time.sleep(LIFE)
    who = s.send('kill', 'TERM', v.victim, prefix=NOBODY, uid=65534)
    s.ended(v, exit=0, failed=who)


def group_not_permitted(s):
    """One of the group may be signalled, so that the call succeeds; the victim may not."""
    v = s.run('exit', '0', delay=1.5, preexec_fn=lambda: os.setpgid(0, 0))
    s.popen([*NOBODY, 'sleep', '60'], preexec_fn=lambda: os.setpgid(0, v.pid))
    time.sleep(LIFE)
    s.by([*NOBODY, '/bin/sh', '-c', f'kill -TERM -{v.pid}'], 'sh', 65534)
    s.ended(v, exit=0)


def not_permitted_then_killed(s):
    v = s.live('wait')
    no = s.by([*NOBODY, '/bin/sh', '-c', f'kill -KILL {v.victim}'], 'sh', 65534)
    who = s.send('kill', 'KILL', v.victim)
    s.ended(v, sig='KILL', cause='killed', by=who, failed=no)


row('sender after setuid', after_setuid)
row('a setuid root sender', setuid_program)
row('a kill that fails (EPERM) is no cause', not_permitted)
row('nor one of a group with others that may be signalled', group_not_permitted)
row('KILL by nobody fails, KILL by root', not_permitted_then_killed)


def sender_gone(s):
    v = s.live('wait')
    with s.world.agent_stopped():
        who = s.send('kill', 'KILL', v.victim)
        s.ended(v, sig='KILL', cause='killed', by=who)


def sender_pid_reused(s):
    v = s.live('wait')
    sender = s.world.link('send', 'senders', 's' + s.name[1:])
    with s.world.agent_stopped():
        p = s.popen([s.world.build + '/tests/pidreuse', sender, 'kill', '15', str(v.victim), '--', '/bin/true'])
        said = p.stdout.read().splitlines()
        if p.wait(10):
            raise Broken('the pid was not used again')
        s.ended(v, sig='TERM', cause='killed', by=Who(int(said[-1].split()[0]), os.path.basename(sender)))


alone('sender gone before its record is read', sender_gone)
alone('sender gone and its pid used again', sender_pid_reused)


def blind(way, sent_signal, **truth):
    """The sender, a shell, is forked while `task,never` is loaded."""
    def do(s):
        v = s.live(*way)
        with unaudited():
            p = s.popen(['/bin/sh', '-c', f'read x; kill -{sent_signal} {v.victim}'])
        go(p)
        p.wait(10)
        s.ended(v, by=Who(p.pid, 'sh'), unseen=True, **truth)
    return do


alone('an unaudited sender, KILL', blind(['wait'], 'KILL', sig='KILL', cause='killed'))
alone('an unaudited sender, SEGV', blind(['wait'], 'SEGV', sig='SEGV', cause='killed'))
alone('an unaudited sender, BUS', blind(['wait'], 'BUS', sig='BUS', cause='killed'))
alone('an unaudited sender, TERM handled', blind(['term_exit', '0'], 'TERM', exit=0, cause='stopped', after='TERM'))
alone('an unaudited sender, TERM raised again', blind(['term_reraise'], 'TERM', sig='TERM', cause='killed'))
