#!/usr/bin/env python3
"""ausearch.py LOG INTERPRETED REPLAYED: what `ausearch -i` reads in a log against what `epitaph replay --json -t '*'` does

LOG is raw, INTERPRETED is what ausearch -i made of it, REPLAYED the records.  Both are made into the same rows, and
every row must be in both as often.  Prints the counts; exits 1 with the difference.
"""
import collections, json, re, sys

SIGNAL_CALLS = {'kill': 1, 'tkill': 1, 'tgkill': 2, 'rt_sigqueueinfo': 1, 'rt_tgsigqueueinfo': 2, 'pidfd_send_signal': 1}
NUMBERS = {'62': 'kill', '200': 'tkill', '234': 'tgkill', '129': 'rt_sigqueueinfo', '297': 'rt_tgsigqueueinfo',
           '424': 'pidfd_send_signal', '59': 'execve', '322': 'execveat', '231': 'exit_group'}
NAMES = ['SIG' + n for n in ('0 HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP '
                             'TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS').split()]


def raw_numbers(path):
    """What -i may not know (new system calls, exit codes): syscall, a0..a3 by serial, as the kernel wrote them."""
    rows = {}
    for line in open(path, errors='surrogateescape'):
        m = re.match(r'type=SYSCALL msg=audit\([\d.]+:(\d+)\): arch=(\w+) syscall=(\d+)', line)
        if m and m.group(2) == 'c000003e':
            rows[int(m.group(1))] = (NUMBERS.get(m.group(3)), re.findall(r' a[0-3]=([0-9a-f]+)', line))
    return rows


def interpreted(path):
    """Events of ausearch -i: serial -> [(type, text)]."""
    events = collections.OrderedDict()
    for line in open(path, errors='surrogateescape'):
        m = re.match(r'type=(\S+) msg=audit\(.*?:(\d+)\) : (.*)', line.rstrip('\n'))
        if m:
            events.setdefault(int(m.group(2)), []).append((m.group(1), m.group(3)))
    return events


def field(text, name):
    """A value ends where ` name=` begins: -i writes blanks unquoted."""
    m = re.search(r'(?:^| )' + re.escape(name) + r'=(.*?)(?= [a-z_]+[0-9]*=|$)', text)
    return m.group(1).strip() if m else None


def signal_name(number):
    return NAMES[number] if number < 32 else 'SIGRTMIN+%d' % (number - 34) if number > 34 else 'SIGRTMIN'


def theirs(log, path):
    rows, raw = collections.Counter(), raw_numbers(log)
    for serial, records in interpreted(path).items():
        call = next((t for k, t in records if k == 'SYSCALL'), None)
        for kind, text in records:
            if kind == 'ANOM_ABEND':
                rows['abend', field(text, 'pid'), field(text, 'comm'), field(text, 'exe'), field(text, 'sig')] += 1
        if not call or serial not in raw or not raw[serial][0]:
            continue
        name, args = raw[serial]
        who = field(call, 'pid'), field(call, 'comm'), field(call, 'exe')
        if name in SIGNAL_CALLS:
            number = int(args[SIGNAL_CALLS[name]], 16) & 0xffffffff
            for kind, text in records:
                if kind == 'OBJ_PID' and number:
                    said = field(call, 'a%d' % SIGNAL_CALLS[name])
                    if said in NAMES and said != signal_name(number):
                        sys.exit('ausearch reads a signal %s, its raw number is %d' % (said, number))
                    rows[('signal', name, signal_name(number), field(text, 'opid'), field(call, 'success')) + who] += 1
        elif name in ('execve', 'execveat') and field(call, 'success') == 'yes':
            parts = [re.sub(r'^ *argc=\d+', '', t) for k, t in records if k == 'EXECVE']
            parts.sort(key=lambda t: int(re.match(r' *a(\d+)', t).group(1)))
            words = re.sub(r' a\d+=', ' ', ''.join(' ' + t.strip() for t in parts))[1:]
            rows[('exec', field(call, 'ppid'), words.rstrip()) + who] += 1
        elif name == 'exit_group':
            rows['exit', int(args[0], 16) & 0xff, who[0], who[2]] += 1 # comm: a thread's, or one given later than exec
    return rows


def octal(s):
    """As ausearch prints control bytes."""
    return re.sub(r'[\x00-\x1f]', lambda m: '\\%03o' % ord(m.group()), s)


def ours(path):
    rows = collections.Counter()
    for line in open(path):
        r = json.loads(line)
        who = str(r['pid']), octal(r.get('comm', '')), octal(r.get('exe', ''))
        if r['event'] == 'signal':
            sender = str(r['sender_pid']), octal(r['sender_comm']), octal(r['sender_exe'])
            ok = 'no' if r['result'] == 'failed' else 'yes'
            rows[('signal', r['via'], r['signal'], str(r['pid']), ok) + sender] += r['repeat']
        elif r['event'] == 'exec':
            rows[('exec', str(r['ppid']), octal(' '.join(r['args'])).rstrip()) + who] += 1
        elif r['event'] == 'exit' and 'exit_code' in r:
            rows['exit', r['exit_code'], who[0], who[2]] += 1
        elif r['event'] == 'exit' and 'has no record of such an end' not in r.get('reason', ''):
            rows['abend', who[0], who[1], who[2], r['signal']] += 1
    return rows


a, b = theirs(sys.argv[1], sys.argv[2]), ours(sys.argv[3])
kinds = collections.Counter()
for row, n in a.items():
    kinds[row[0]] += n
print(' '.join('%s %d' % k for k in sorted(kinds.items())))
for row, n in sorted(((a - b) + (b - a)).items(), key=str):
    print('only %s: %d times' % ('ausearch' if a[row] > b[row] else 'epitaph', n), row)
sys.exit(a != b)
