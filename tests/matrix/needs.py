"""needs.py - what some ways to die need of the machine, and whether this one has it"""
import os
import shutil
import signal
import subprocess
import tempfile

from world import elf32

# NAME: (what the rows need, the probe).  A probe gets the directory of the test programs and one of its own; what it returns is why not, '' if it works.
NEEDS = {}


def need(name, words):
    def keep(probe):
        NEEDS[name] = words, probe
        return probe
    return keep


def died(argv, cwd, **more):
    """The wait status, as subprocess has it, of a program that is to end at once."""
    return subprocess.run(argv, cwd=cwd, timeout=10, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False, **more).returncode


def how(status):
    return f'exit status {status}' if status >= 0 else signal.Signals(-status).name


@need('i386', '32-bit programs')
def i386(tests, directory):
    path = os.path.join(directory, 'i386')
    elf32(path, os.getpid(), 0)
    try:
        status = died([path], directory)
    except OSError as e:
        return f'32-bit programs do not run here ({e.strerror})'
    return status and f'32-bit programs do not run here ({how(status)})'


@need('int80', '`int $0x80` of a 64-bit process')
def int80(tests, directory):
    status = died([f'{tests}/send', 'int80', '0', str(os.getpid()), '1'], directory)
    return status and f'`int $0x80` does not work here ({how(status)})'


@need('core', 'core files')
def core(tests, directory):
    pid = os.posix_spawn(f'{tests}/victim', ['victim', '--core', 'unlimited', 'abort'], os.environ,
                         file_actions=[(os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)])
    status = os.waitpid(pid, 0)[1]
    for name in ('core', f'core.{pid}'):
        if os.path.exists(name):
            os.unlink(name)
    return '' if os.WCOREDUMP(status) else 'no core is dumped here (the hard limit is 0 and CAP_SYS_RESOURCE is missing, or core_pattern leads nowhere)'


@need('memory_cgroup', 'a memory cgroup')
def memory_cgroup(tests, directory):
    v1, v2 = '/sys/fs/cgroup/memory', '/sys/fs/cgroup'
    path = f'{v1 if os.path.exists(v1 + "/memory.limit_in_bytes") else v2}/epitaph-need-{os.getpid()}'
    try:
        os.mkdir(path)
    except OSError as e:
        return f'no memory cgroup can be made here ({e.strerror})'
    has = any(os.path.exists(f'{path}/{key}') for key in ('memory.limit_in_bytes', 'memory.max'))
    os.rmdir(path)
    return '' if has else 'cgroups have no memory controller here'


def unified():
    """Where cgroups of version 2 are."""
    return '/sys/fs/cgroup/unified' if os.path.exists('/sys/fs/cgroup/unified/cgroup.procs') else '/sys/fs/cgroup'


@need('cgroup.kill', 'cgroup.kill')
def cgroup_kill(tests, directory):
    path = f'{unified()}/epitaph-need-{os.getpid()}'
    try:
        os.mkdir(path)
    except OSError as e:
        return f'no cgroup can be made here ({e.strerror})'
    has = os.path.exists(f'{path}/cgroup.kill')
    os.rmdir(path)
    return '' if has else 'cgroups have no cgroup.kill here (it came in 5.14, version 2)'


@need('pid_namespace', 'pid namespaces')
def pid_namespace(tests, directory):
    status = died(['unshare', '-pf', '/bin/true'], directory)
    return status and f'no pid namespace can be made here (unshare: {how(status)})'


def lacking(build, names):
    """{name: why} of those that this machine does not have; EPITAPH_TEST_LACKS names some that are to count as missing."""
    pretended = os.environ.get('EPITAPH_TEST_LACKS', '').split()
    directory = tempfile.mkdtemp(prefix='epitaph-needs-')
    before = os.getcwd()
    os.chdir(directory)  # where a core may come
    try:
        return {n: why for n in sorted(names)
                if (why := f'{NEEDS[n][0]}: EPITAPH_TEST_LACKS says so' if n in pretended else NEEDS[n][1](f'{build}/tests', directory))}
    finally:
        os.chdir(before)
        shutil.rmtree(directory, ignore_errors=True)
