"""judge.py - what a column's record of one death is worth"""

RIGHT, LIKELY, UNKNOWN, MISSED, WRONG = 'right', 'likely', 'unknown', 'missed', 'wrong'
ORDER = RIGHT, LIKELY, UNKNOWN, MISSED, WRONG
SKIPPED = 'skipped'  # not played: the machine lacks what it needs


class Column:
    """`all`: every source is there, so that `unknown` is allowed only where none can know."""
    def __init__(self, name, backends, polls=False, environment=None, faults=False, audit=False, all=False):
        self.name, self.backends, self.polls, self.all, self.audit = name, backends, polls, all, audit
        self.environment, self.faults = environment or {}, faults
        self.open = set()  # what the agent said it has open


class Wrong(Exception):
    pass


def must(true, what):
    if not true:
        raise Wrong(what)


def facts(t, r, program):
    must(r.get('exe') == program, f"exe {r.get('exe')}")
    must(r.get('args', [program])[0] == program, f"args {r.get('args')}")
    must(0 <= r.get('uptime_seconds', 0) < 60, f"uptime {r.get('uptime_seconds')}")
    must(r.get('sources'), 'no sources')
    must(all(v is not None for v in r.values()), 'a null')


def status(t, r):
    """True if the status is told."""
    must(not ('exit_code' in r and 'signo' in r), 'both exit_code and signo')
    if 'exit_code' in r:
        must(r['exit_code'] == t.code, f"exit_code {r['exit_code']}")
    if 'signo' in r:
        must(r['signo'] == t.signo, f"signo {r['signo']}")
        must(r.get('core_dumped', t.core) == t.core, f"core_dumped {r.get('core_dumped')}")
    return 'exit_code' in r or 'signo' in r


def sender(t, r):
    """Whoever is named must be who sent it."""
    if 'sender_pid' not in r:
        must('sender_comm' not in r, 'a sender without pid')
        return
    if r.get('cause') == 'self' and (t.by or t.cause == 'fault'):
        must(r['sender_pid'] == t.pid, f"itself is {t.pid}, not {r['sender_pid']}")
        return  # it did raise it, whoever asked for that
    must(t.by, f"sender {r['sender_pid']} {r.get('sender_comm')} of a death that nobody sent")
    must(r['sender_pid'] == t.by.pid, f"sender_pid {r['sender_pid']}, not {t.by.pid}")
    must(r.get('sender_comm', t.by.comm) == t.by.comm, f"sender_comm {r.get('sender_comm')}, not {t.by.comm}")
    must(r.get('sender_uid', t.by.uid) == t.by.uid, f"sender_uid {r.get('sender_uid')}, not {t.by.uid}")
    if 'tracepoint' in r['sources'] and r.get('confidence') == 'certain':
        return  # the kernel itself said that the others' signals did nothing
    for other in t.also:
        must(str(other.pid) in r.get('reason', ''), f'the other sender {other.pid} is not in the reason')


def verdict(column, t, r):
    cause, sure = r.get('cause'), r.get('confidence') == 'certain'
    sees = 'audit' in column.open or 'tracepoint' in column.open
    unseen = t.unseen and 'tracepoint' not in column.open
    must(cause, 'no cause')
    must(cause == 'unknown' or 'confidence' in r, 'no confidence')
    told = status(t, r)
    sender(t, r)
    if 'after_signo' in r:
        must(r['after_signo'] == t.after, f"after_signo {r['after_signo']}")
    if cause == 'unknown':
        must(r.get('reason'), 'unknown without a reason')
        must('confidence' not in r, 'unknown with a confidence')
        must(told or column.polls or not column.all, 'no status')
        must(not column.all or unseen, 'unknown although it can be known: ' + r['reason'])
        return UNKNOWN
    must(told or cause == 'oom', f'{cause} without a status')
    if cause == t.cause:
        if cause in ('killed', 'stopped', 'self') and sees:
            must('sender_comm' in r, 'no sender')
        if t.after:
            must(r.get('after_signo') == t.after, 'no after_signo')
        return RIGHT
    # The sender cannot be seen, and it says so: an inference, marked as one.
    must(not sure, f'certain of {cause}, which was {t.cause}')
    must(r.get('reason'), f'{cause} without a reason')
    allowed = {'stopped': ('exit',), 'killed': ('self', 'fault'), 'fault': ('self',)}.get(t.cause, ())
    must(cause in allowed and (unseen or not sees), f'{cause}, which was {t.cause}')
    return LIKELY


def text(r):
    words = [r.get('cause', '?')]
    if r.get('confidence') == 'likely':
        words.append('likely')
    if words == ['unknown']:
        words.append('(vanished)' if 'exit_code' not in r and 'signo' not in r else f"({r.get('signal', r.get('exit_code'))})")
    return ' '.join(words)


def signals(column, t, signal_records):
    """The signal records of a death, where the column has them."""
    if 'audit' not in column.open:
        return
    mine = [r for r in signal_records if r['pid'] == t.pid]
    if t.via:
        must(any(r.get('via') == t.via and r['signo'] == t.signo and r['sender_pid'] == t.by.pid and r['result'] == 'sent'
                 for r in mine), f'no signal record via {t.via}')
    if t.failed:
        must(any(r['result'] == 'failed' and r.get('errno') == 'EPERM' and r['sender_pid'] == t.failed.pid
                 and r['sender_uid'] == t.failed.uid for r in mine), 'no record of the kill that failed')


class Judge:
    """Of one column: its exit records are claimed by the truths, and none may be left over."""
    def __init__(self, column, exits, signal_records, lost, directory):
        self.column, self.signals, self.lost, self.directory = column, signal_records, lost, directory
        self.by_process = {}
        for r in sorted(exits, key=lambda r: r['time']):
            self.by_process.setdefault((r['pid'], r.get('comm')), []).append(r)

    def one(self, t, last):
        """(verdict, text) of a truth; `last`: no other truth has this pid and comm."""
        mine = self.by_process.get((t.pid, t.comm), [])
        if not mine:
            # cn_proc names a program by its /proc, which one that is over at once no longer has.
            if (t.untold or t.missable and self.column.open == {'cn_proc'}) and self.lost:
                return MISSED, 'missed, and said so'
            if t.missable and self.column.polls or t.forked and self.column.open == {'audit'}:
                return MISSED, 'missed'
            return WRONG, 'no record'
        r = mine.pop(0)
        try:
            must(not (last and mine), f'{1 + len(mine)} records')
            facts(t, r, f'{self.directory}/watched/{t.comm}')
            signals(self.column, t, self.signals)
            return verdict(self.column, t, r), text(r)
        except Wrong as e:
            return WRONG, f'{text(r)}: {e}'

    def row(self, truths):
        cells = []
        for i, t in enumerate(truths):
            last = not any((o.pid, o.comm) == (t.pid, t.comm) for o in truths[i + 1:])
            cells.append(self.one(t, last))
        worst = max((c[0] for c in cells), key=ORDER.index)
        said = list(dict.fromkeys(c[1] for c in cells if c[0] == worst))
        return worst, ', '.join(said)

    def left_over(self):
        return [r for rest in self.by_process.values() for r in rest]
