"""chaos_after.py - what is tried once a storm is over: schedules, cancels, whose turn it is, other versions' jobs."""
import contextlib
import os
import pathlib
import sys
import time

import stack as stacks
from chaos import PEOPLE, TENANTS


def process_alive(marker):
    """Is there one with this in its arguments?"""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if marker.encode() in (entry / "cmdline").read_bytes():
                    return True
    return False


def cancel_faults(world, times=5, seconds=10):
    """Who cancels a run sees the last of its processes gone within a second: the middle one of so many tries, for a machine
    that has just had a storm is slow now and then. Each is of a script that has a child and would go on for `seconds`. Once
    most have been decided the rest cannot move the middle."""
    took, tenant = [], TENANTS[0]
    for number in range(times):
        marker = f"chaos-{os.getpid()}-{time.monotonic_ns()}"
        run = world.submit(tenant, f"cancelled {number}", seconds, child=marker)
        stacks.until(lambda marker=marker: process_alive(marker), 60, "the child of a script")
        began = time.monotonic()
        world.cancel(tenant, run)
        while process_alive(marker) and time.monotonic() - began < 3:
            time.sleep(0.01)
        took.append(time.monotonic() - began)
        late = sum(each > 1 for each in took)
        if max(late, len(took) - late) > times // 2:
            break
        stacks.until(lambda marker=marker: not process_alive(marker), seconds + 30, "its end by itself")
    said = f"the last process of a cancelled run was gone after {', '.join(f'{t:.2f}' for t in took)} s"
    print(said, file=sys.stderr)
    return [f"cancel: {said}"] if late > times // 2 else []


def schedule_faults(world, seconds=40):
    """6: a slot is decided once, none is left out, and what fired is one run that ended."""
    for tenant, schedule in world.schedules:
        stacks.until(lambda tenant=tenant, schedule=schedule: world.api(
            "PATCH", f"/v1/schedules/{schedule}", {"enabled": False}, PEOPLE[tenant]).status == 200, what="its pause")
    wrong = []
    for tenant in TENANTS:
        schema, mine = world.schema_of(tenant), [s for whose, s in world.schedules if whose == tenant]
        if not mine:
            continue
        open_runs = (f"select f.request_id from {schema}.schedule_firing f where f.state = 'fired' and not exists (select from "
                     f"{schema}.job j join {schema}.job_outcome o on o.job_id = j.id where j.request_id = f.request_id)")
        with contextlib.suppress(AssertionError):
            stacks.until(lambda: not world.sql(open_runs), seconds)
        wrong += [f"6: {row[0]}, which a schedule made, has not ended" for row in world.sql(open_runs)]
        wrong += [f"6: {row[0]} of a schedule has {row[1]} runs" for row in world.sql(
            f"select r.id, count(j.id) from {schema}.request r left join {schema}.job j on j.request_id = r.id and j.kind = "
            f"'run' where r.source = 'schedule' group by r.id having count(j.id) <> 1")]
        wrong += [f"6: request {row[0]} belongs to {row[1]} slots" for row in world.sql(
            f"select r.id, count(f.request_id) from {schema}.request r left join {schema}.schedule_firing f on f.request_id = "
            f"r.id where r.source = 'schedule' group by r.id having count(f.request_id) <> 1")]
        wrong += [f"6: slot {row[0]} of {row[1]} was {row[2]} {row[3]}" for row in world.sql(
            f"select fire_at, schedule_id, state, coalesce(reason, '') from {schema}.schedule_firing where state <> 'fired'")]
        for schedule in mine:
            slots = [int(row[0]) for row in world.sql(
                f"select extract(epoch from fire_at)::bigint from {schema}.schedule_firing where schedule_id = '{schedule}' "
                "order by fire_at")]
            if not slots or any(b - a != 60 for a, b in zip(slots, slots[1:])):
                wrong.append(f"6: {schedule} decided the slots {slots}")
    return wrong


def starvation_faults(world, waiting=32, light=3, meanwhile=lambda: None):
    """9: whoever asks for little is not behind everything that another asked for before, and may fill every slot with.
    `meanwhile` is called when the flood is there."""
    heavy, other = TENANTS
    slots = stacks.SLOTS * sum(name.startswith("worker") for name in world.running)
    world.limit(heavy, 4 * slots, ledger=0)  # 0: none
    del world.limits[heavy]
    flood = [{"skill": "ledger", "action": "run", "input": {"value": f"flood {number}", "seconds": 1}}
             for number in range(waiting)]
    world.batch(heavy, flood)
    held = f"select count(*) from {world.schema_of(heavy)}.job_live where state = 'running'"
    stacks.until(lambda: int(world.sql(held)[0][0]) >= slots, what=f"a flood in all {slots} slots")
    meanwhile()
    asked = [world.submit(other, f"light {number}", 0) for number in range(light)]
    missing = world.all_ended(120)
    if missing:
        return [f"9: {run} did not end" for run in missing]
    claims = [float(row[0]) for row in world.sql(
        f"select extract(epoch from at) from {world.schema_of(heavy)}.audit_event where action = 'job.claimed' order by id")]
    wrong, most = [], 0
    for run in asked:
        begun, ended = [float(row[0]) for row in world.sql(
            f"select extract(epoch from at) from {world.schema_of(other)}.audit_event where subject = '{run}' and action in "
            "('job.accepted', 'job.claimed') order by id")][:2]
        ahead = sum(begun < at < ended for at in claims)
        most = max(most, ahead)
        if ahead > 3 * slots:
            wrong.append(f"9: {run} waited for {ahead} of another tenant")
    print(f"a light tenant waited for at most {most} of a flood of {waiting}", file=sys.stderr)
    return wrong


class OtherVersions:
    """12: a job as the version before wrote it, and one that only the version after understands."""

    FUTURE = 99

    def __init__(self, world):
        self.world, self.tenant = world, TENANTS[0]
        self.old = world.submit(self.tenant, "old", delay_ms=4000)
        world.rewrite(self.tenant, self.old, "(payload - 'format') || '{\"not_known_here\": {\"a\": [1]}}'")
        self.new = world.submit(self.tenant, "new", delay_ms=4000)
        world.rewrite(self.tenant, self.new, f"payload || '{{\"format\": {self.FUTURE}}}'")

    def faults(self):
        """The later one was left alone, whoever took it; then a worker comes that understands it."""
        schema = self.world.schema_of(self.tenant)
        left = stacks.until(lambda: self.world.sql(
            f"select state from {schema}.job_live where job_id = '{self.new}' and state <> 'running' union all "
            f"select 'ended' from {schema}.job_outcome where job_id = '{self.new}'"), what="its being in nobody's hand")
        tried = self.world.sql(f"select 1 from {schema}.audit_event where subject = '{self.new}' and action = 'job.released'")
        self.world.rewrite(self.tenant, self.new, "payload - 'format'")
        if not tried:
            return [f"12: nobody met {self.new}, which a later version wrote"]
        return [] if left != [["ended"]] else [f"12: {self.new}, which a later version wrote, was not left for it"]
