"""rows_more.py - the ways to die: by itself, by the kernel, by several, by chance of a pid"""
import os
import sys
import time

from needs import unified
from rows import alone, row
from world import LIFE, Broken, Who, comm_of, memory_cgroup, state_of, unaudited, until

# By its own doing.


def itself(*way, **truth):
    def do(s):
        v = s.run(*way)
        if truth.get('cause') == 'self':
            truth['by'] = Who(v.pid, s.name)
        s.ended(v, **truth)
    return do


for code in 0, 1, 3, 77, 255:
    row(f'exit {code}', itself('exit', str(code), exit=code))
row('exit_group from a thread', itself('thread_exit', '9', exit=9))
row('the leader ends first, the last thread exits 5', itself('leader_first', exit=5))
row('the leader ends first, the rest kills itself', itself('leader_first_killed', 'KILL', sig='KILL', cause='self'))
row('abort, no core', itself('abort', sig='ABRT', cause='self'))
row('abort, with core', itself('--core', 'unlimited', 'abort', sig='ABRT', core=True, cause='self'), needs=['core'])
row('raise(TERM)', itself('raise', 'TERM', sig='TERM', cause='self'))
row('kill(getpid(), KILL)', itself('kill', 'KILL', sig='KILL', cause='self'))
row('under a millisecond', lambda s: s.ended(s.run('quick', '6', delay=0), exit=6, missable=True))
row('under a millisecond, killed by itself',
    lambda s: s.ended(s.run('kill', 'KILL', delay=0), sig='KILL', cause='self', missable=True,
                      by=Who(s.processes[-1].pid, s.name)))


def quick_unaudited(s):
    with unaudited():
        v = s.run('quick', '6', delay=0)
        s.ended(v, exit=6, missable=True, forked=True, untold=True)


alone('under a millisecond, itself unaudited', quick_unaudited)

# Handlers.


def handled(way, asked='TERM', **truth):
    def do(s):
        v = s.live(*way)
        who = s.send('kill', asked, v.victim)
        s.ended(v, by=who, **truth)
    return do


row('TERM handled, exit 0', handled(['term_exit', '0'], exit=0, cause='stopped', after='TERM'))
row('TERM handled, exit 7 after 0.5 s', handled(['term_exit', '7', 'TERM', '500'], exit=7, cause='stopped', after='TERM'))
row('TERM fetched by sigwait, exit 2', handled(['sigwait', 'TERM', '2'], exit=2, cause='stopped', after='TERM'))
row('HUP handled, exit 1', handled(['term_exit', '1', 'HUP'], 'HUP', exit=1, cause='stopped', after='HUP'))
row('USR1 handled, exit 4: no stop signal', handled(['term_exit', '4', 'USR1'], 'USR1', exit=4))
row('TERM handled and raised again', handled(['term_reraise'], sig='TERM', cause='killed'))
row('SEGV by kill, handled and raised again', handled(['term_reraise', 'SEGV'], 'SEGV', sig='SEGV', cause='killed'))

# The kernel.
for fault in 'segv', 'bus', 'fpe', 'ill', 'trap', 'sys':
    row(f'{fault.upper()} by fault' if fault != 'sys' else 'SYS by seccomp',
        itself(fault, sig=fault.upper(), cause='fault'))
row('SEGV by fault, handled and raised again', itself('segv_reraise', sig='SEGV', cause='fault', unseen=True))
row('SEGV by fault, with core', itself('--core', 'unlimited', 'segv', sig='SEGV', core=True, cause='fault'), needs=['core'])
for way, sig in ('pipe', 'PIPE'), ('xcpu', 'XCPU'), ('xfsz', 'XFSZ'), ('alarm', 'ALRM'), ('timer', 'ALRM'):
    row(f'{sig} by the kernel' + (' (POSIX timer)' if way == 'timer' else ''),
        itself(way, sig=sig, cause='kernel', unseen=True))


def of_child(way, sig):
    def do(s):
        p = s.popen([s.program, '--delay', '350', *way])
        child = int(p.stdout.readline())
        s.gone(child)
        s.end(p, 0)
        s.truth(p.pid, exit=0)
        # It lives for a moment only: a poll may not meet it.
        s.truth(child, sig=sig, cause='kernel', unseen=True, missable=True, forked=True)
    return do


row('TERM at the death of the parent (pdeathsig)', of_child(['pdeathsig', 'TERM'], 'TERM'))
row('HUP: the terminal hangs up', of_child(['tty', 'hangup'], 'HUP'))
row('INT: ctrl-C of the terminal', of_child(['tty', 'intr'], 'INT'))


def oom(s):
    with memory_cgroup(f'epitaph-matrix-{os.getpid()}-{s.name}', 64 << 20) as procs:
        v = s.run('oom', prefix=('/bin/sh', '-c', f'echo $$ > {procs}; exec "$@"', 'sh'))
        s.ended(v, sig='KILL', cause='oom')


row('out of memory in a cgroup', oom, needs=['memory_cgroup'])


def async_io(s):
    v = s.live('async', 'USR1')
    v.stdin.write('x')
    v.stdin.flush()
    s.ended(v, sig='USR1', cause='kernel', unseen=True)


row('O_ASYNC with F_SETSIG', async_io)

# PTRACE_SEIZE with PTRACE_O_EXITKILL, then the tracer ends.
TRACER = 'import ctypes, sys; sys.exit(ctypes.CDLL(None).ptrace(0x4206, int(sys.argv[1]), 0, 0x100000) != 0)'


def tracer_ends(s):
    v = s.live('wait')
    t = s.popen([sys.executable, '-c', TRACER, v.victim])
    if t.wait(10) != 0:
        raise Broken('ptrace is refused')
    s.ended(v, sig='KILL', cause='kernel', unseen=True)


row('KILL by the end of its tracer', tracer_ends)


def cgroup_kill(s):
    path = f'{unified()}/epitaph-matrix-{os.getpid()}-{s.name}'
    os.mkdir(path)
    try:
        v = s.live('wait', prefix=('/bin/sh', '-c', f'echo $$ > {path}/cgroup.procs; exec "$@"', 'sh'))
        with open(path + '/cgroup.kill', 'w') as f:
            f.write('1')
        s.ended(v, sig='KILL', cause='killed', by=Who(os.getpid(), comm_of(os.getpid())), unseen=True)
    finally:
        until(5, 'the cgroup is empty', lambda: 'populated 0' in open(path + '/cgroup.events').read())
        os.rmdir(path)


row('KILL by cgroup.kill', cgroup_kill, needs=['cgroup.kill'])

# Processes of one program.


def worker(s):
    p = s.live('worker', 'wait', lines=2)
    who = s.send('kill', 'TERM', p.victim)
    s.truth(p.victim, sig='TERM', cause='killed', by=who, forked=True)
    s.end(p, 0)
    s.truth(p.pid, exit=0)


def quick_worker(s):
    p = s.run('worker', 'quick', '4', delay=0)
    worker = int(p.stdout.readline())
    s.ended(p, exit=0, missable=True)
    s.truth(worker, exit=4, missable=True, forked=True)


def daemon(s):
    p = s.live('daemon', 'wait', lines=2)
    s.end(p, 0)
    s.truth(p.pid, exit=0, missable=True)
    who = s.send('kill', 'TERM', p.victim)
    s.gone(p.victim)
    s.truth(p.victim, sig='TERM', cause='killed', by=who, forked=True)


def sigchld_ignored(s):
    p = s.live('sigchld_ignored', 'wait', lines=2)
    who = s.send('kill', 'TERM', p.victim)
    s.gone(p.victim)
    s.truth(p.victim, sig='TERM', cause='killed', by=who, forked=True)
    s.end(p, 0)
    s.truth(p.pid, exit=0)


def thread_execs(s):
    v = s.live('exec_thread', s.program, 'wait')
    who = s.send('kill', 'TERM', v.victim)
    s.ended(v, sig='TERM', cause='killed', by=who)



def leader_gone(s):
    v = s.live('--delay', '400', 'leader_first_killed', 'CONT', lines=0)
    time.sleep(LIFE)
    who = s.send('kill', 'KILL', v.victim)
    s.ended(v, sig='KILL', cause='killed', by=who)


row('the leader is gone, KILL for the rest', leader_gone)
row('the leader ends at once, the last thread exits 5',
    lambda s: s.ended(s.run('leader_first', delay=0), exit=5, missable=True))
row('under a millisecond, with a forked worker', quick_worker)
row('a forked worker that never execs', worker)
row('a daemon that outlives its parent', daemon)
row('its parent ignores SIGCHLD', sigchld_ignored)
row('a thread execs, then TERM', thread_execs)

# Several signals.


def stop(s, pid):
    s.by(['/bin/sh', '-c', f'kill -STOP {pid}'], 'sh')
    until(5, 'it is stopped', lambda: state_of(pid) == 'T')  # of two signals that wait the lower number comes first


def two_senders(s):
    v = s.live('wait')
    stop(s, v.victim)
    first = s.send('kill', 'TERM', v.victim)
    time.sleep(0.05)
    second = s.by(['/bin/sh', '-c', f'kill -TERM {v.victim}'], 'sh')
    s.by(['/bin/sh', '-c', f'kill -CONT {v.victim}'], 'sh')
    s.ended(v, sig='TERM', cause='killed', by=first, also=[second])


def stop_cont_kill(s):
    v = s.live('wait')
    s.by(['/bin/sh', '-c', f'kill -STOP {v.victim}; kill -CONT {v.victim}'], 'sh')
    s.ended(v, sig='KILL', cause='killed', by=s.send('kill', 'KILL', v.victim))


def stop_kill(s):
    v = s.live('wait')
    stop(s, v.victim)
    s.ended(v, sig='KILL', cause='killed', by=s.send('kill', 'KILL', v.victim))


def many_then_kill(s):
    v = s.live('ignore', 'USR1')
    s.send('kill', 'USR1', v.victim, count=1000)
    who = s.by(['/bin/sh', '-c', f'kill -KILL {v.victim}'], 'sh')
    s.ended(v, sig='KILL', cause='killed', by=who)


def twenty_senders(s):
    v = s.live('ignore', 'TERM')
    for _ in range(20):
        s.by(['/bin/kill', '-TERM', v.victim], 'kill')
    s.ended(v, sig='KILL', cause='killed', by=s.send('kill', 'KILL', v.victim))


def term_then_kill(s):
    v = s.live('ignore', 'TERM')
    s.by(['/bin/kill', '-TERM', v.victim], 'kill')
    time.sleep(0.1)
    s.ended(v, sig='KILL', cause='killed', by=s.send('kill', 'KILL', v.victim))



row('two senders of TERM to a stopped process', two_senders)
row('STOP, CONT, then KILL by another', stop_cont_kill)
row('KILL to a stopped process', stop_kill)
row('1,000 USR1 ignored, then KILL by another', many_then_kill)
row('20 senders of an ignored TERM, then KILL', twenty_senders)
row('TERM ignored, then KILL by another', term_then_kill)

# Zombies and pids used again.


def zombie(way, late_signal, late, **truth):
    """Ended but not reaped; `late` seconds on it is sent a signal, which succeeds and does nothing."""
    def do(s):
        v = s.run(*way)
        os.waitid(os.P_PID, v.pid, os.WEXITED | os.WNOWAIT)
        time.sleep(late)
        s.send('kill', late_signal, v.pid)
        if truth.get('cause') == 'self':
            truth['by'] = Who(v.pid, s.name)
        s.ended(v, **truth)
    return do


row('TERM at once to a zombie', zombie(['exit', '3'], 'TERM', 0, exit=3))
row('TERM to a zombie of 100 ms', zombie(['exit', '3'], 'TERM', 0.1, exit=3))
row('ABRT to a zombie that aborted', zombie(['abort'], 'ABRT', 0.1, sig='ABRT', cause='self'))


def again(first_way, sig, first, second_way, second, same=False):
    """`sig` ends the first holder; the second gets its pid at once and ends by itself."""
    def do(s):
        name = s.name if same else s.name + 'b'
        program = s.world.link('victim', 'watched', name)
        p = s.popen([s.world.build + '/tests/pidreuse', s.program, *first_way, '--', program, '--delay', '350', *second_way])
        pid = int(p.stdout.readline())
        time.sleep(LIFE)
        who = s.send('kill', sig, pid)
        if p.wait(15):
            raise Broken('the pid was not used again')
        s.truth(pid, by=who, **first)
        s.truth(pid, comm=name, **second)
    return do


alone('KILL; the pid is used again by another program, exit 0',
      again(['wait'], 'KILL', dict(sig='KILL', cause='killed'), ['exit', '0'], dict(exit=0)))
alone('TERM; used again by another that exits 4',
      again(['wait'], 'TERM', dict(sig='TERM', cause='killed'), ['exit', '4'], dict(exit=4)))
alone('TERM handled; used again by another that dies of a fault',
      again(['term_exit', '0'], 'TERM', dict(exit=0, cause='stopped', after='TERM'), ['segv'],
            dict(sig='SEGV', cause='fault')))
alone('TERM; used again at once by the same program, exit 5',
      again(['wait'], 'TERM', dict(sig='TERM', cause='killed'), ['exit', '5'], dict(exit=5), same=True))
