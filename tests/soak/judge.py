"""judge.py - deaths as waitpid told them beside the exit records; only what has found no match yet is kept"""
import collections
import signal
import time
from datetime import datetime, timezone

SAME_START = 0.15     # s between two starts of one process: waitpid's side has clock ticks
LOST_BEFORE = 2       # s: a `lost` record covers what began at most so long after it was written,
LOST_AFTER = 5        # and what ended at most so long before,
LOST_A_MINUTE = 75    # or so long, where it is counted and may be told once a minute
PROVOKED_FOR = 10     # s after its end in which a trouble may still have cost something
COVERING = ('cn_proc', 'proc', 'audit', 'tracepoint', 'nobody')  # the last: no backend's, but the process table's
MOST_PENDING = 200000
SHOWN = 5             # examples of each failure

Death = collections.namedtuple('Death', 'pid start end status sender fate')


def seconds_of(text):
    return datetime.strptime(text, '%Y-%m-%dT%H:%M:%S.%fZ').replace(tzinfo=timezone.utc).timestamp()


def status_of(record):
    if 'exit_code' in record:
        return ('exit', record['exit_code'])
    return ('signal', record['signo']) if 'signo' in record else None


def words(death):
    kind, n = death.status
    return f'pid {death.pid} ({death.fate}), {kind} {n if kind == "exit" else signal.Signals(n).name}'


class Judge:
    def __init__(self, provoked, note):
        self.provoked = provoked           # [begin, end, what] of each trouble
        self.note = note                   # where details go to
        self.deaths, self.told = {}, {}    # by pid: lists of what has no match
        self.pending = collections.Counter()
        self.counts = collections.Counter()
        self.failures = collections.defaultdict(list)
        self.last = collections.OrderedDict()  # pid: the last record that was matched
        self.losts, self.open, self.away, self.reloaded_at = [], set(), {}, 0.
        self.sent = None

    def fail(self, what, about):
        self.counts['failed: ' + what] += 1
        if len(self.failures[what]) < SHOWN:
            self.failures[what].append(about)

    def died(self, words_of_line):
        """`PID START exit|signal N SENDER FATE` of lives."""
        pid, ticks, kind, n, sender, fate = words_of_line
        offset = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        death = Death(int(pid), int(ticks) / 100 + offset, time.time(), (kind, int(n)), int(sender), fate)
        self.counts['deaths'] += 1
        self.counts['fate ' + fate] += 1
        if not self.match(self.told, death.pid, death.start, lambda record: self.compare(death, record)):
            self.keep(self.deaths, 'deaths', death.pid, (death.start, death))

    def exit(self, record):
        start = seconds_of(record['started']) if 'started' in record else None
        self.counts['exit records'] += 1
        if not self.match(self.deaths, record['pid'], start, lambda death: self.compare(death, record)):
            self.keep(self.told, 'told', record['pid'], (start, record))

    def keep(self, where, name, pid, what):
        where.setdefault(pid, []).append(what)
        self.pending[name] += 1
        if self.pending[name] > MOST_PENDING:
            raise RuntimeError(f'{MOST_PENDING} {name} without a match')

    def match(self, where, pid, start, compare):
        """Takes the first of that pid that began then; of one whose start is not known the pid is enough."""
        for i, (begun, other) in enumerate(where.get(pid, ())):
            if start is None or begun is None or abs(begun - start) <= SAME_START:
                del where[pid][i]
                if not where[pid]:
                    del where[pid]
                self.pending['deaths' if where is self.deaths else 'told'] -= 1
                compare(other)
                return True
        return False

    def compare(self, death, record):
        self.last[death.pid] = (death.start, death)
        self.last.move_to_end(death.pid)
        if len(self.last) > 50000:
            self.last.popitem(last=False)
        status = status_of(record)
        if status is None:
            self.counts['told without a status'] += 1
            self.note(f'without a status: {words(death)}, {record.get("sources")} {record.get("reason")}')
            if not self.trouble_at(death):
                self.fail('told without a status, though nothing was provoked', words(death))
        elif status != death.status:
            self.fail('told with another status', f'{words(death)}: {record}')
        else:
            self.counts['told right'] += 1
        self.counts['cause ' + record.get('cause', '-')] += 1
        if 'sender_pid' in record:
            self.counts['with a sender'] += 1
            if record['sender_pid'] not in (death.sender, death.pid):
                self.fail('told with another sender', f'{words(death)}, by {death.sender}: {record}')

    def record(self, record):
        """Any record; what is no end is kept as figures."""
        event = record['event']
        self.counts['records'] += 1
        if event == 'exit':
            self.exit(record)
        elif event == 'lost':
            self.lost(record)
        elif event == 'signal':
            self.counts['signals told'] += record.get('repeat', 1)
        elif event == 'agent':
            if record['state'] == 'reloaded':
                self.reloaded_at = seconds_of(record['time'])
                self.counts['reloaded'] += 1
            self.note(f'agent {record["state"]} {",".join(record["backends"])}: {record.get("reason", "")}')
            self.backend_state(record)
        elif event == 'exec':
            self.counts['exec records'] += 1

    def lost(self, record):
        """Records of what a target's rate left out, and of signals, cover no death."""
        key = (record.get('backend', 'nobody'), record.get('reason', ''))
        if key[0] in COVERING and 'signals were not seen' not in key[1]:
            self.losts.append([seconds_of(record['time']), key, record.get('count')])
        self.counts['lost records'] += 1
        self.note(f'lost {key[0]} {record.get("count", "")} {key[1]}')

    def backend_state(self, record):
        """The time in which a backend is away is one of trouble.  Which ones the configuration leaves out, Trouble knows."""
        now, open_now = seconds_of(record['time']), set(record['backends'])
        for name in self.open - open_now:
            if record['state'] == 'degraded':
                self.away[name] = [now - 2, float('inf'), f'{name} died']
                self.provoked.append(self.away[name])
                self.counts['deaths of backends'] += 1
        for name in open_now & set(self.away):
            self.away.pop(name)[1] = now
        self.open = open_now

    def trouble_at(self, death):
        for begin, end, what in reversed(self.provoked):
            if begin - LOST_BEFORE <= death.end and death.start <= end + PROVOKED_FOR:
                return what
        return None

    def cover(self, death):
        """A `lost` record that may be about that death, used up by one if it counts; None if there is none."""
        for lost in self.losts:
            at, key, left = lost
            if left and death.start - LOST_BEFORE <= at <= death.end + LOST_A_MINUTE:
                lost[2] -= 1
                return key
        for at, key, left in self.losts:
            if left is None and death.start - LOST_BEFORE <= at <= death.end + LOST_AFTER:
                return key
        return None

    def end(self):
        """All is read: what is without a match is missing, or of nobody.  Returns what covers the missing ones."""
        covered = collections.Counter()
        missing = sorted((death for kept in self.deaths.values() for _, death in kept), key=lambda d: d.end)
        for death in missing:
            what, key = self.trouble_at(death), self.cover(death)
            self.note(f'not told: {words(death)}, from {death.start:.3f} to {death.end:.3f}; {what}; {key}')
            if not key:
                self.fail('not told, and no `lost` record', f'{words(death)}, after: {what}')
            elif not what:
                self.fail('not told, though nothing was provoked', f'{words(death)}: {key[0]}: {key[1]}')
            else:
                covered[(what, *key)] += 1
        for kept in self.told.values():
            for start, record in kept:
                begun, twice = self.last.get(record['pid'], (None, None))
                again = twice and start is not None and abs(begun - start) <= SAME_START
                self.fail('told twice' if again else 'told of nobody', f'{record}' + (f'; {words(twice)}' if twice else ''))
        return covered
