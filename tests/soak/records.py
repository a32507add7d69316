"""records.py - a file of records, read while it is written and rotated: each record once, in its order"""
import json
import os
import time

MOST_KEPT = 16    # rotated files that are looked at
PATIENCE = 10     # s that the next file may be looked for


class Torn(Exception):
    """The records cannot be followed any further: no verdict is possible."""


class Records:
    """`seq` counts the records of an output without a gap: what comes next, and in which file, is known by it."""
    def __init__(self, path):
        self.path, self.fd, self.rest = path, None, b''
        self.files, self.count, self.bytes = 0, 0, 0
        self.seq, self.looking_since = 0, None

    def names(self):
        return [self.path] + [f'{self.path}.{i}' for i in range(1, MOST_KEPT)]

    def next_file(self):
        """A descriptor of the file that begins with the record after the last one; None if there is none yet."""
        for name in self.names():
            try:
                fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue
            first = os.pread(fd, 65536, 0).partition(b'\n')
            if first[1]:
                record = json.loads(first[0])
                if record['seq'] == self.seq + 1:
                    return fd
            os.close(fd)
        return None

    def is_current(self):
        try:
            here, at_path = os.fstat(self.fd), os.stat(self.path)
        except FileNotFoundError:
            return True  # somebody has moved it, and it is written until the agent opens another one
        return (here.st_dev, here.st_ino) == (at_path.st_dev, at_path.st_ino)

    def pieces(self):
        """What is new, file after file."""
        while True:
            if self.fd is None:
                self.fd = self.next_file()
                if self.fd is None:
                    return
                self.files += 1
                self.looking_since = None
            current = self.is_current()  # before the last read: nobody writes to another one any more
            while piece := os.read(self.fd, 1 << 18):
                yield piece
            if current:
                return
            following = self.next_file()
            if following is None:
                self.looking_since = self.looking_since or time.monotonic()
                if time.monotonic() - self.looking_since > PATIENCE:
                    raise Torn(f'no file begins with seq {self.seq + 1}, which follows the last record')
                return
            if self.rest:
                raise Torn(f'a file ends with half a record: {self.rest[:200]}')
            os.close(self.fd)
            self.fd, self.looking_since = following, None
            self.files += 1

    def read(self):
        """The records that are whole by now."""
        for piece in self.pieces():
            self.bytes += len(piece)
            *lines, self.rest = (self.rest + piece).split(b'\n')
            for line in lines:
                try:
                    record = json.loads(line)
                except ValueError:
                    raise Torn(f'no JSON: {line[:200]}') from None
                if record['seq'] != self.seq + 1:
                    raise Torn(f'seq {record["seq"]} follows {self.seq}')
                self.seq = record['seq']
                self.count += 1
                yield record
