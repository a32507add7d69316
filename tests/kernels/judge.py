#!/usr/bin/env python3
"""judge.py NAME=FILE... - what the agent recorded in each guest against what is true of each row

A cell is right, unknown (nothing false is said, but not all that is true), unseen (no record where that can be, and
a `lost` record says so) or WRONG, which no record at all and two records are too.
"""
import json
import sys

FAULTS = {'segv': 11, 'fpe': 8, 'ill': 4, 'trap': 5, 'bus': 7, 'sys': 31}
SIGNALS = {'KILL': 9, 'TERM': 15, 'USR1': 10, 'HUP': 1, 'ABRT': 6, 'SEGV': 11}
CALLS = 'tkill tgkill sigqueue rt_tgsigqueueinfo pidfd_send_signal int80 group'.split()
MOST = 8  # lines said about one column
LETTERS = {'right': 'r', 'unknown': 'u', 'unseen': '-', 'WRONG': 'W'}
COLUMNS = {
    'auto': 'all there are', 'tracepoint': 'tracepoint, cn_proc, proc', 'audit': 'audit alone', 'cn_proc': 'cn_proc alone', 'proc': 'proc alone',
    'no_audit': 'auto, no audit socket*', 'no_connector': 'auto, no connector*', 'neither': 'auto, neither*',
}


def truths():
    """row: (wait status as the shell has it, causes, does somebody else send?)"""
    rows = {f'exit_{code}': (code, {'exit'}, False) for code in (0, 1, 3, 77, 255)}
    rows |= {f'kill_{name}': (128 + number, {'killed'}, True) for name, number in SIGNALS.items()}
    rows |= {call: (128 + 15, {'killed'}, True) for call in CALLS}
    rows |= {
        'term_exit': (0, {'stopped'}, True), 'term_reraise': (128 + 15, {'killed'}, True),
        'sigwait': (4, {'stopped'}, True), 'abort': (128 + 6, {'self'}, False),
        'raise_TERM': (128 + 15, {'self'}, False), 'kill_self': (128 + 9, {'self'}, False),
    }
    rows |= {f'fault_{name}': (128 + number, {'fault'}, False) for name, number in FAULTS.items()}
    rows |= {
        'alarm': (128 + 14, {'kernel', 'unknown'}, False), 'pipe': (128 + 13, {'kernel', 'unknown'}, False),
        'thread_exit': (9, {'exit'}, False), 'leader_first': (5, {'exit'}, False),
        'leader_first_killed': (128 + 9, {'self'}, False), 'exec_thread': (7, {'exit'}, False),
        'worker': (128 + 15, {'killed'}, True), 'worker_parent': (0, {'exit'}, False),
        'short_worker': (6, {'exit'}, False), 'short_worker_parent': (0, {'exit'}, False),
        'sigchld_ignored': (8, {'exit'}, False), 'sigchld_ignored_parent': (0, {'exit'}, False),
        'short': (9, {'exit'}, False), 'reused_first': (128 + 15, {'self'}, False), 'reused_second': (5, {'exit'}, False),
        'pid1_kills': (128 + 15, {'killed'}, True), 'cgroup_kill': (128 + 9, {'killed'}, True),
        'oom': (128 + 9, {'oom'}, False),
    }
    return rows


TRUTHS = truths()
SHORT = {'short', 'short_worker', 'sigchld_ignored'}  # they end as soon as they have begun
FORKED = {'worker', 'short_worker', 'sigchld_ignored'}  # copies of a watched process that never exec
OPTIONAL = {'cgroup_kill', 'int80'}  # where the kernel has no such thing


def status_of(record):
    if 'exit_code' in record:
        return record['exit_code']
    return 128 + record['signo'] if 'signo' in record else None


def judge(row, sender, told, records):
    """The word for a cell, and why where it is not `right`."""
    status, causes, sent = TRUTHS[row]
    if len(records) != 1:
        return 'WRONG', f'{len(records)} exit records'
    record = records[0]
    got, cause = status_of(record), record.get('cause')
    # Before 6.x a parent is told the leader's own code, which then is as true as the last thread's.
    if got is not None and got != status and not (row == 'leader_first' and str(got) == told):
        return 'WRONG', f'status {got} for {status}'
    if record.get('core_dumped'):
        return 'WRONG', 'a core that was not dumped'
    if cause == 'unknown':
        return ('right', '') if got is not None and 'unknown' in causes else ('unknown', record.get('reason', ''))
    if cause == 'exit' and causes == {'stopped'}:
        word = 'unknown' if record.get('confidence') == 'likely' else 'WRONG'
        return word, f"cause exit, {record.get('confidence')}"
    if cause not in causes:
        return 'WRONG', f"cause {cause}, {record.get('confidence')}"
    if sent and 'sender_pid' not in record:
        return 'unknown', 'no sender'
    if sent and (record['sender_pid'] != sender or record.get('sender_comm', 'send') not in ('send', 'init', 'sh', 'exe')):
        return 'WRONG', f"sender {record['sender_pid']} {record.get('sender_comm')} for {sender}"
    if not sent and cause == 'self' and record.get('sender_pid', record['pid']) != record['pid']:
        return 'WRONG', f"sender {record['sender_pid']} of what it did itself"
    return ('right', '') if got is not None else ('unknown', 'no status')


def must_be_right(row, column, always_audited):
    """Is there a witness here who knows all of it?"""
    status, causes, sent = TRUTHS[row]
    if column in ('auto', 'tracepoint', 'no_audit'):  # tracepoint and cn_proc are in each
        return True
    if row in ('cgroup_kill', 'pid1_kills'):
        return False
    if column in ('audit', 'no_connector'):
        # Its status is known from its own call of exit_group, or from the abnormal end the kernel reports.
        return status < 128 and row not in FORKED | {'leader_first'} or bool(sent and status - 128 in (6, 11)) or row == 'abort'
    if column == 'cn_proc':
        return causes == {'exit'} and row != 'short'
    return False


def must_have_status(row, column):
    return column in ('auto', 'tracepoint', 'no_audit') or (column == 'cn_proc' and row != 'short')


def unseen(row, column, lost):
    """May there be no record at all?"""
    if column == 'audit':
        return row in FORKED  # it sees no forks, and `probe` and the agent's first record say so
    polled = {'proc': SHORT, 'neither': SHORT, 'no_connector': SHORT - {'short'}}
    return lost and row in polled.get(column, {'short'} if column in ('cn_proc', 'no_audit') else ())


def cell(row, truth, column, always_audited, seen):
    """What stands in the table, and what is against it."""
    pid, sender, told = truth
    records = [r for r in seen if r['event'] == 'exit' and r['pid'] == pid]
    if row.startswith('reused_'):
        which = [['raise', 'TERM'], ['exit', '5']][row == 'reused_second']
        records = [r for r in records if r.get('args', [])[-2:] == which]
    lost = any(r['event'] == 'lost' for r in seen)
    if not records and unseen(row, column, lost):
        return 'unseen', ''
    word, why = judge(row, sender, told, records)
    if word == 'unknown' and must_be_right(row, column, always_audited):
        return word, f'unknown where it can be known: {why}'
    if records and must_have_status(row, column) and status_of(records[0]) is None:
        return word, f'no status: {why}'
    return word, why if word == 'WRONG' else ''


def read(path):
    """kernel, and for each column what is true, what was recorded, and what else was said."""
    kernel, columns, current, done = '?', {}, None, False
    with open(path, encoding='utf-8', errors='replace') as lines:
        for line in (text.strip() for text in lines):
            word, _, rest = line.partition(' ')
            if word == 'KERNEL':
                kernel = rest
            elif word == 'COLUMN':
                current = columns[rest] = {'rows': {}, 'records': [], 'ended': None, 'said': []}
            elif word == 'ROW':
                name, pid, sender, told = rest.split()
                current['rows'][name] = (int(pid), int(sender), told)
            elif word == 'AGENT':
                current['ended'] = rest
            elif word in ('STDERR', 'HUNG'):
                current['said'].append(line)
            elif word == 'DONE':
                done = True
            elif line.startswith('{'):
                current['records'].append(json.loads(line))
    return kernel, columns, done


def main(boots):
    number, bad, letters, summary = 0, 0, {}, []
    for name, path in (boot.split('=', 1) for boot in boots):
        kernel, columns, done = read(path)
        always_audited = name.endswith('+')
        expected = ['auto', 'audit'] if always_audited else list(COLUMNS)
        against = [] if done else ['the guest did not come to its end']
        for column in expected:
            number += 1
            told = columns.get(column, {'rows': {}, 'records': [], 'ended': 'no start', 'said': []})
            counts = dict.fromkeys(LETTERS, 0)
            if told['ended'] != '0':
                against.append(f"the agent ended with {told['ended']}: {' / '.join(told['said'])}")
            for row in TRUTHS:
                if row not in told['rows']:
                    if row not in OPTIONAL:
                        against.append(f'{row}: was not played')
                    continue
                word, why = cell(row, told['rows'][row], column, always_audited, told['records'])
                counts[word] += 1
                letters.setdefault(row, {}).setdefault(name, {})[column] = LETTERS[word]
                if why:
                    against.append(f'{row}: {why}')
                    against += [f'  {json.dumps(r)}' for r in told['records'] if r.get('pid') == told['rows'][row][0]]
            words = ', '.join(f'{count} {word}' for word, count in counts.items())
            print(f"{'not ok' if against else 'ok'} {number} - kernel {name} {COLUMNS[column].rstrip('*')}: {words}")
            for text in against[:MOST]:
                print(f'# {text}')
            if len(against) > MOST:
                print(f'# and {len(against) - MOST} more: see the table')
            summary.append((kernel + (' audit=1' if always_audited else ''), COLUMNS[column], counts))
            bad += bool(against)
            against = []
    print(f'1..{number}')
    table(letters, summary)
    return 1 if bad else 0


def table(letters, summary):
    boots = list(dict.fromkeys(name for row in letters.values() for name in row))
    print('#\n# r right, u unknown, - unseen and said so, W wrong; in each field the columns in this order:')
    print('# ' + ', '.join(COLUMNS.values()) + '; with audit=1 (+) the first two')
    print('# * stands for a kernel built without it: the socket is refused by seccomp')
    print('# ' + f"{'':24}" + ''.join(f'{name:10}' for name in boots))
    for row, fields in letters.items():
        cells = (''.join(fields.get(name, {}).get(column, ' ') for column in COLUMNS) for name in boots)
        print('# ' + f'{row:24}' + ''.join(f'{text:10}' for text in cells).rstrip())
    print('#\n# ' + f"{'kernel':35}{'backends':27}" + ''.join(f'{word:>9}' for word in LETTERS))
    for kernel, column, counts in summary:
        print('# ' + f'{kernel:35}{column:27}' + ''.join(f'{count:9}' for count in counts.values()))


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
