"""The queue's protocol as a small machine, and every interleaving of it.

Two jobs of one tenant whose limit is one, three workers, a Redis that may be wiped twice, a database that may lose one
commit in a failover, a worker that may die once. Each step below is one transaction, one script or one message; they
happen in any order. It must hold in every state that can be reached

  once       a job ends at most once, and by the claim that was the last to survive
  alone      no two workers that live carry out the same job
  limit      no more rows run than the limit allows

and from every state the end of both jobs can still be reached. Three variants, each one mistake away from the real
protocol, must be found out: no token, forget before commit, rescue by age.
"""
import collections
import unittest

JOBS, WORKERS, LIMIT = 2, 3, 1

# A row of job_live; `holder` is a ghost: which claim really has it, (worker, serial), for the checks alone.
Row = collections.namedtuple("Row", "state fence token holder")
# What a worker has in its hands: took an entry | runs | sent its end | told Redis first. serial is its claim's token.
Hand = collections.namedtuple("Hand", "step job fence token")
IDLE = Hand("idle", None, None, None)

State = collections.namedtuple(
    "State", "rows entries live open hands alive wipes losses deaths serial before broken")
# entries: frozenset of (job, fence) that are queued; live: of (job, fence, worker) that hold a slot;
# open: the queue is the one everybody knows; before: the rows as a failover would bring them back.


def start():
    row = Row("ready", 1, None, None)
    return State((row,) * JOBS, frozenset(), frozenset(), True, (IDLE,) * WORKERS, (True,) * WORKERS, 0, 0, 0, 0, None, None)


def put(items, at, item):
    return items[:at] + (item,) + items[at + 1:]


class Model:
    def __init__(self, token=True, forget_after_commit=True, rescue_the_dead_only=True):
        self.token = token
        self.forget_after_commit = forget_after_commit
        self.rescue_the_dead_only = rescue_the_dead_only

    def steps(self, s):
        for job in range(JOBS):
            yield from self.sweep(s, job)
        for worker in range(WORKERS):
            yield from self.work(s, worker)
            yield from self.die(s, worker)
        yield from self.wipe(s)
        yield from self.rebuild(s)
        yield from self.fail_over(s)

    # --- scheduler ---

    def sweep(self, s, job):
        """A ready row that the queue does not know is put into it; so is what was pushed at acceptance."""
        row = s.rows[job]
        known = any(j == job for j, _ in s.entries) or any(j == job and f >= row.fence for j, f, _ in s.live)
        if s.open and row.state == "ready" and not known:
            live = frozenset(h for h in s.live if h[0] != job)  # a later fence supersedes what held a slot
            yield "sweep", s._replace(entries=s.entries | {(job, row.fence)}, live=live)
        # What was taken and not claimed within 15 s comes back under its fence. Whoever took it dropped it long
        # before: a claim is not sent when two seconds have passed. (Without that the limit breaks here.)
        pending = any(hand.step == "took" and hand.job == job for hand in s.hands)
        for held in s.live:
            if s.open and held[0] == job and row.state == "ready" and held[1] == row.fence and not pending:
                yield "back", s._replace(live=s.live - {held}, entries=s.entries | {(job, row.fence)})
        # Slots are held against the rows.
        for held in s.live:
            if s.open and held[0] == job and row.state == "ended":
                yield "drift", s._replace(live=s.live - {held})
        if row.state == "running":
            owner = row.holder[0]
            if not s.alive[owner] or not self.rescue_the_dead_only:
                rows = put(s.rows, job, Row("ready", row.fence + 1, None, None))
                live = frozenset(h for h in s.live if h[0] != job)
                yield "reclaim", s._replace(rows=rows, live=live, before=None)

    # --- worker ---

    def work(self, s, w):
        hand = s.hands[w]
        if not s.alive[w]:
            return
        if hand.step == "idle" and s.open and len(s.live) < LIMIT:
            for job, fence in s.entries:
                yield "take", s._replace(entries=s.entries - {(job, fence)}, live=s.live | {(job, fence, w)},
                                         hands=put(s.hands, w, Hand("took", job, fence, None)))
        elif hand.step == "took":
            yield from self.claim(s, w, hand)
            yield "drop", s._replace(hands=put(s.hands, w, IDLE))  # too late: older than two seconds
        elif hand.step == "runs":
            if self.forget_after_commit:
                yield from self.complete(s, w, hand)
            else:
                yield "forget", self.finish(s, w, hand)._replace(hands=put(s.hands, w, hand._replace(step="told")))
        elif hand.step == "told":
            yield from self.complete(s, w, hand)
        elif hand.step == "ended":
            yield "finish", self.finish(s, w, hand)._replace(hands=put(s.hands, w, IDLE))

    def claim(self, s, w, hand):
        row = s.rows[hand.job]
        if row.state != "ready" or row.fence != hand.fence:
            yield "refused", self.finish(s, w, hand)._replace(hands=put(s.hands, w, IDLE))
            return
        serial = s.serial + 1
        rows = put(s.rows, hand.job, Row("running", row.fence + 1, serial, (w, serial)))
        # `claimed` renames the slot; it may be late, or lost with a wipe, but heartbeats repeat it.
        live = s.live - {(hand.job, hand.fence, w)} | ({(hand.job, row.fence + 1, w)} if s.open else frozenset())
        yield "claim", s._replace(rows=rows, serial=serial, live=live, before=s.rows,
                                  hands=put(s.hands, w, Hand("runs", hand.job, row.fence + 1, serial)))

    def complete(self, s, w, hand):
        row = s.rows[hand.job]
        fits = row.state == "running" and row.fence == hand.fence and (not self.token or row.token == hand.token)
        after = IDLE if hand.step == "told" else hand._replace(step="ended")
        if not fits:  # no `finish`: under these numbers somebody else's slot may be held (after a failover)
            yield "stale", s._replace(hands=put(s.hands, w, IDLE))
            return
        broken = None if row.holder == (w, hand.token) else "once"
        rows = put(s.rows, hand.job, Row("ended", row.fence, None, None))
        yield "complete", s._replace(rows=rows, before=None, broken=s.broken or broken, hands=put(s.hands, w, after))

    @staticmethod
    def finish(s, w, hand):
        """The slot of this fence or an earlier one."""
        return s._replace(live=frozenset(h for h in s.live if not (h[0] == hand.job and h[1] <= hand.fence)))

    # --- bad days ---

    def die(self, s, w):
        if s.alive[w] and s.deaths == 0:
            yield "die", s._replace(alive=put(s.alive, w, False), hands=put(s.hands, w, IDLE), deaths=1)

    def wipe(self, s):
        if s.wipes < 2:
            yield "wipe", s._replace(entries=frozenset(), live=frozenset(), open=False, wipes=s.wipes + 1)

    def rebuild(self, s):
        """After three seconds: by then every claim in flight has been made or dropped. What runs is loaded first."""
        if s.open or any(hand.step == "took" for hand in s.hands):
            return
        live = frozenset((job, row.fence, row.holder[0]) for job, row in enumerate(s.rows) if row.state == "running")
        yield "rebuild", s._replace(open=True, live=live)

    def fail_over(self, s):
        """The newest commit is lost with its server. The new one has another incarnation, so the queue is filled anew."""
        if s.losses == 0 and s.before is not None:
            yield "lose", s._replace(rows=s.before, before=None, losses=1, entries=frozenset(), live=frozenset(), open=False)


def broken(s):
    if s.broken:
        return s.broken
    running = [row for row in s.rows if row.state == "running"]
    if len(running) > LIMIT:
        return "limit"
    # After a failover the one whose claim was lost goes on until it hears of it: the fence is what stops it.
    held = [hand.job for w, hand in enumerate(s.hands) if hand.step in ("runs", "told") and s.alive[w]
            and s.rows[hand.job].state == "running"]
    if s.losses == 0 and len(held) != len(set(held)):
        return "alone"
    return None


def explore(model):
    """(number of states, what is broken first and the way there, states from which no end can be reached)."""
    first = start()
    came = {first: None}
    back = collections.defaultdict(list)
    todo = collections.deque([first])
    while todo:
        s = todo.popleft()
        what = broken(s)
        if what:
            way = []
            while came[s]:
                step, s = came[s]
                way.append(step)
            return len(came), (what, way[::-1]), 0
        for step, after in model.steps(s):
            back[after].append(s)
            if after not in came:
                came[after] = (step, s)
                todo.append(after)
    good = [s for s in came if all(row.state == "ended" for row in s.rows)]
    seen = set(good)
    while good:
        for before in back[good.pop()]:
            if before not in seen:
                seen.add(before)
                good.append(before)
    return len(came), None, len(came) - len(seen)


class Protocol(unittest.TestCase):
    def test_holds_in_every_interleaving(self):
        states, found, stuck = explore(Model())
        self.assertIsNone(found)
        self.assertEqual(stuck, 0)
        self.assertGreater(states, 10_000, "it hardly did anything")

    def found(self, what, **variant):
        _, found, _ = explore(Model(**variant))
        self.assertIsNotNone(found, "nothing was found wrong")
        self.assertEqual(found[0], what, found)
        return found[1]

    def test_without_a_token_a_lost_claim_ends_the_job_of_the_next(self):
        self.assertIn("lose", self.found("once", token=False))

    def test_forgetting_before_the_commit_lets_too_many_run(self):
        self.assertIn("forget", self.found("limit", forget_after_commit=False))

    def test_rescuing_by_age_gives_one_job_to_two(self):
        self.assertIn("reclaim", self.found("alone", rescue_the_dead_only=False))


if __name__ == "__main__":
    unittest.main()
