"""G2 from outside: rules, several people, substitutes, questions, many at once; and every way to a run, tried by
whoever must not get there."""
import datetime
import io
import json
import pathlib
import re
import sys
import unittest
import uuid
import zipfile
import zoneinfo

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))

import wishes  # noqa: E402
from loop import TENANT, Case, at_once  # noqa: E402
from stack import Stack, until  # noqa: E402

PURGE = {"name": "purge", "title": {"en": "Purge", "zh": "清除"}, "description": {"en": "Purge", "zh": "清除"},
         "actions": [{"name": "main", "title": {"en": "Purge", "zh": "清除"}, "entry": "main.py", "risk": "high",
                      "effects": [{"en": "everything goes", "zh": "全部删除"}],
                      "input": {"type": "object", "additionalProperties": False,
                                "properties": {"days": {"type": "integer"}, "note": {"type": "string"}}}}]}
WAITING = "awaiting_confirmation"
PEOPLE = {"Olivia": "olivia", "Adam": "adam", "Oscar": "oscar", "Arun": "arun", "Fiona": "fiona", "Vera": "vera"}


def setUpModule():
    Case.stack = Stack(("api", "scheduler", "egress", "worker"))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("main.py", "import json, sys\nprint(json.dumps({'got': json.load(sys.stdin)}))\n")
        archive.writestr("README.md", "Purges.")
        archive.writestr("skill.json", json.dumps(PURGE))
    body = (b'--BB\r\nContent-Disposition: form-data; name="name"\r\n\r\npurge\r\n'
            b'--BB\r\nContent-Disposition: form-data; name="package"; filename="p.zip"\r\n\r\n'
            + package.getvalue() + b"\r\n--BB--\r\n")
    reply = Case.stack.api("POST", "/v1/skills", body, "adam",
                           {"Content-Type": "multipart/form-data; boundary=BB", "Prefer": "wait=60"})
    assert reply.status in (200, 201) and reply.json["state"] == "in_review", reply.body
    for what, given in (("review", {"decision": "approve"}), ("publish", {})):
        done = Case.stack.api("POST", f"/v1/skills/purge/versions/{reply.json['version']}/{what}", given, "olivia")
        assert done.status == 200, done.body


def tearDownModule():
    Case.stack.stop()


class Confirmation(Case):
    def setUp(self):
        self.rules()

    def rules(self, *rules):
        self.ok(self.api("PUT", "/v1/confirmation-rules", {"rules": list(rules)}, "olivia"))

    def waiting(self, token="oscar", **given):
        """A request for the high-risk skill, with its plan, waiting."""
        run = self.ok(self.api("POST", "/v1/runs", {"skill": "purge", "input": given}, token, 30))
        request = self.request_of(run["request_id"], token)
        self.assertEqual(request["state"], WAITING, request)
        return request

    def confirm(self, request, token, wait=None, **changes):
        body = {"digest": request["plan"]["digest"], **changes}
        return self.api("POST", f"/v1/requests/{request['id']}/confirm", body, token, wait)

    def runs(self, request):
        return self.count("job", f"kind = 'run' and request_id = '{request['id']}'")

    def still_waits(self, request):
        self.assertEqual(self.request_of(request["id"])["state"], WAITING)
        self.assertEqual(self.runs(request), 0)

    def why(self, request):
        """Its blockers, by their code."""
        return {b["code"]: b for b in self.ok(self.api("GET", f"/v1/runs/{request['id']}/why"))["blockers"]}

    def waits_for(self, request, *names, people=1):
        """The one blocker: these are named, and each of them is who may decide; it returns until when."""
        blockers = self.why(request)
        self.assertEqual(list(blockers), ["confirmation_required"])
        said = re.fullmatch(r"it waits until (\S+) for (\d+) of these to confirm: (.+)",
                            blockers["confirmation_required"]["message"])
        self.assertEqual((said[3].split(", "), int(said[2])), (sorted(names), people))
        for name, token in PEOPLE.items():
            reply = self.api("GET", f"/v1/requests/{request['id']}", token=token)
            may = reply.status == 200 and reply.json["confirmation"]["may_decide"]
            self.assertEqual(may, name in names, name)
        return datetime.datetime.fromisoformat(said[1].replace("Z", "+00:00"))

    def user(self, token):
        return self.ok(self.api("GET", "/v1/me", token=token))["user"]["id"]


class Rules(Confirmation):
    def test_two_people_of_the_roles_named_have_to_agree(self):
        self.rules({"name": "two of money", "when": {"skill": "purge"}, "people": 2,
                    "roles": ["finance", "owner"]})
        request = self.waiting(days=3)
        self.assertEqual(request["confirmation"]["people"], 2)
        self.assertEqual({p["name"] for p in request["confirmation"]["approvers"]}, {"Olivia", "Fiona"})
        self.waits_for(request, "Fiona", "Olivia", people=2)
        self.refused(self.confirm(request, "arun"), 403, "forbidden")
        first = self.ok(self.confirm(request, "fiona"))
        self.waits_for(request, "Olivia")
        self.assertEqual(first["state"], WAITING)
        self.assertEqual([p["name"] for p in first["confirmation"]["confirmed_by"]], ["Fiona"])
        self.refused(self.confirm(request, "fiona"), 409, "already_decided")
        self.still_waits(request)
        done = self.ok(self.confirm(request, "olivia", wait=30))
        self.assertEqual(done["state"], "succeeded", done)
        self.assertEqual(done["run"]["result"], {"got": {"days": 3}})
        self.assertEqual(self.runs(request), 1)

    def test_who_is_to_decide_may_read_what_it_is_about(self):
        self.rules({"name": "finance", "when": {}, "roles": ["finance"]})
        request = self.waiting()
        self.assertEqual(self.request_of(request["id"], "fiona")["plan"], request["plan"])
        listed = self.ok(self.api("GET", "/v1/confirmations?state=waiting", token="fiona"))["items"]
        self.assertIn(request["id"], [item["request_id"] for item in listed if item["may_decide"]])
        self.ok(self.api("POST", f"/v1/requests/{request['id']}/reject", {"comment": "no"}, "fiona"))

    def test_why_says_when_too_few_are_left_who_may(self):
        self.rules({"name": "two of money", "when": {}, "people": 2, "roles": ["finance", "owner"]})
        request = self.waiting()
        self.waits_for(request, "Fiona", "Olivia", people=2)
        fiona = self.user("fiona")
        try:
            self.ok(self.api("PATCH", f"/v1/members/{fiona}", {"role": "viewer"}, "olivia"))
            few = self.why(request)
            self.assertEqual(list(few), ["no_eligible_approver"])
            self.assertIn("2 people more have to confirm it, and only 1 may: Olivia", few["no_eligible_approver"]["message"])
            self.assertIn("finance, owner", few["no_eligible_approver"]["remedy"])
            self.ok(self.confirm(request, "olivia"))
            self.assertIn("1 people more have to confirm it, and only 0 may: -", self.why(request)["no_eligible_approver"]["message"])
        finally:
            self.ok(self.api("PATCH", f"/v1/members/{fiona}", {"role": "finance"}, "olivia"))
        self.waits_for(request, "Fiona")
        self.ok(self.confirm(request, "fiona"))

    def test_more_people_than_there_are_is_said_at_once(self):
        self.rules({"name": "five of finance", "when": {}, "roles": ["finance"], "people": 5})
        problem = self.nothing_changes(lambda: self.refused(
            self.api("POST", "/v1/runs", {"skill": "purge", "input": {}}), 409, "no_eligible_approver"))
        self.assertIn("five of finance", problem["detail"])

    def test_a_bad_rule_is_named_and_changes_nothing(self):
        before = self.api("GET", "/v1/confirmation-rules", token="olivia")
        problem = self.refused(self.api("PUT", "/v1/confirmation-rules", {"rules": [
            {"name": "x", "when": {}, "roles": ["viewer"]}]}, "olivia"), 422, "invalid_input")
        self.assertEqual(problem["errors"][0]["path"], "/rules/0/roles/0")
        self.refused(self.api("PUT", "/v1/confirmation-rules", {"rules": []}, "oscar"), 403, "forbidden")
        self.refused(self.api("PUT", "/v1/confirmation-rules", {"rules": []}, "olivia", If_Match='"0"'),
                     412, "precondition_failed")
        after = self.api("GET", "/v1/confirmation-rules", token="olivia")
        self.assertEqual((before.json, before.headers["ETag"]), (after.json, after.headers["ETag"]))

    def test_what_is_new_since_the_last_confirmed_plan_is_shown(self):
        first = self.waiting(days=10, note="a")
        self.assertEqual(self.ok(self.confirm(first, "arun", wait=30))["state"], "succeeded")
        second = self.waiting(days=30, note="a")
        last = second["confirmation"]["last_confirmed"]
        self.assertEqual(last["request_id"], first["id"])
        self.assertEqual(last["changes"], [{"path": "/input/days", "before": 10, "after": 30}])
        self.ok(self.confirm(second, "arun"))


class Substitutes(Confirmation):
    def delegate(self, by, to, until_at="2027-01-31T00:00:00Z", **more):
        return self.api("POST", "/v1/delegations", {"to": self.user(to), "until_at": until_at,
                                                    "reason": "holiday", **more}, by)

    def test_a_substitute_decides_until_it_is_ended(self):
        given = self.ok(self.delegate("arun", "fiona"), 201)
        self.assertEqual(given["state"], "active")
        request = self.waiting()
        self.waits_for(request, "Adam", "Arun", "Fiona", "Olivia")
        self.assertEqual(self.ok(self.confirm(request, "fiona", wait=30))["state"], "succeeded")
        self.ok(self.api("DELETE", f"/v1/delegations/{given['id']}", token="olivia"), 204)
        again = self.waiting()
        self.waits_for(again, "Adam", "Arun", "Olivia")
        self.refused(self.confirm(again, "fiona"), 403, "forbidden")
        self.still_waits(again)
        listed = self.ok(self.api("GET", "/v1/delegations", token="arun"))["items"]
        self.assertEqual([d["state"] for d in listed if d["id"] == given["id"]], ["revoked"])

    def test_bad_delegations_are_refused(self):
        self.refused(self.delegate("oscar", "fiona"), 403, "forbidden")
        self.refused(self.delegate("arun", "vera"), 422, "invalid_input")
        self.refused(self.delegate("arun", "arun"), 422, "invalid_input")
        self.refused(self.delegate("arun", "fiona", "2020-01-01T00:00:00Z"), 422, "invalid_input")
        self.refused(self.delegate("arun", "fiona", "2028-01-01T00:00:00Z"), 422, "invalid_input")
        stranger = self.ok(self.api("GET", "/v1/me", token="lin"))["user"]["id"]
        self.refused(self.api("POST", "/v1/delegations", {
            "to": stranger, "until_at": "2027-01-31T00:00:00Z", "reason": "x"}, "arun"), 422, "invalid_input")
        self.refused(self.api("DELETE", f"/v1/delegations/{uuid.uuid4()}", token="arun"), 404, "not_found")


class Clock(Confirmation):
    def act(self, request, what, token, comment="why?"):
        return self.api("POST", f"/v1/requests/{request['id']}/{what}", {"comment": comment}, token)

    def test_asking_back_stops_the_clock_and_answering_starts_it(self):
        request = self.waiting()
        self.refused(self.act(request, "ask", "vera"), 403, "forbidden")
        asked = self.ok(self.act(request, "ask", "arun"))
        self.assertIsNotNone(asked["confirmation"]["asked_at"])
        self.refused(self.act(request, "ask", "olivia"), 409, "conflict")
        # An hour goes by for this row: the end moves with it.
        self.stack.sql(f"update {self.schema}.confirmation set asked_at = asked_at - interval '1 hour' where request_id = "
                       f"'{request['id']}'")
        ends = datetime.datetime.fromisoformat(request["confirmation"]["expires_at"].replace("Z", "+00:00"))
        moved = self.waits_for(request, "Adam", "Arun", "Olivia") - ends
        self.assertGreater(moved, datetime.timedelta(minutes=59))
        self.refused(self.act(request, "reply", "arun"), 403, "forbidden")
        replied = self.ok(self.act(request, "reply", "oscar", "because"))
        self.assertIsNone(replied["confirmation"]["asked_at"])
        self.assertGreater(replied["confirmation"]["expires_at"], request["confirmation"]["expires_at"])
        self.assertEqual(self.ok(self.confirm(request, "arun", wait=30))["state"], "succeeded")

    def test_an_extension_comes_once_where_the_rule_grants_it(self):
        plain = self.waiting()
        self.refused(self.act(plain, "extend", "oscar"), 409, "conflict")
        self.ok(self.confirm(plain, "arun"))
        self.rules({"name": "longer", "when": {}, "expires_s": 600, "extend_s": 3600})
        request = self.waiting()
        longer = self.ok(self.act(request, "extend", "oscar"))
        self.assertGreater(longer["confirmation"]["expires_at"], request["confirmation"]["expires_at"])
        self.refused(self.act(request, "extend", "arun"), 409, "conflict")
        self.ok(self.confirm(request, "arun"))

    def test_an_escalation_lets_others_decide_and_tells(self):
        self.rules({"name": "first finance", "when": {}, "roles": ["finance"], "expires_s": 600,
                    "escalate_s": 60, "escalate_roles": ["owner"]})
        request = self.waiting()
        self.waits_for(request, "Fiona")
        self.refused(self.confirm(request, "olivia"), 403, "forbidden")
        # A minute passes for this row and its job.
        self.stack.sql(f"update {self.schema}.confirmation set rule = rule || jsonb_build_object('escalate_at', "
                       f"now()) where request_id = '{request['id']}'")
        self.comes(request, "escalate")
        until(lambda: self.count("request_event", f"request_id = '{request['id']}' and data ->> 'state' = 'escalated'"),
              60, "the escalation")
        self.waits_for(request, "Fiona", "Olivia")
        self.assertEqual(self.ok(self.confirm(request, "olivia", wait=30))["state"], "succeeded")


    def comes(self, request, task):
        """The moment of this delayed job."""
        self.stack.sql(f"update {self.schema}.job_live l set run_at = now() from {self.schema}.job j where j.id = "
                       f"l.job_id and j.request_id = '{request['id']}' and j.payload ->> 'task' = '{task}'")
        self.stack.sql("insert into public.mark (tenant_id, minute) select id, date_trunc('minute', now()) from "
                       f"public.tenant where schema = '{self.schema}' on conflict do nothing")

    def test_a_reminder_comes_while_it_waits_for_a_decision_and_not_otherwise(self):
        self.rules({"name": "soon", "when": {}, "expires_s": 3600, "reminder_s": 600})
        waits, asked, decided = (self.waiting(days=n) for n in (1, 2, 3))
        self.ok(self.act(asked, "ask", "arun"))
        self.ok(self.confirm(decided, "arun", wait=30))
        for request in (waits, asked, decided):
            job = f"select j.id from {self.schema}.job j where j.request_id = '{request['id']}' and j.payload ->> 'task' = 'remind'"
            seconds = self.stack.sql(f"select extract(epoch from l.run_at - c.created_at)::int from {self.schema}.job_live l, "
                                     f"{self.schema}.confirmation c where c.request_id = '{request['id']}' and l.job_id = ({job})")
            self.assertAlmostEqual(int(seconds[0][0]), 600, delta=30)
            self.comes(request, "remind")
            until(lambda j=job: self.count("job_outcome", f"job_id = ({j}) and state = 'succeeded'") == 1, 60, "the reminder's job")

        def reminded(request):
            return (self.count("request_event", f"request_id = '{request['id']}' and data ->> 'state' = 'reminded'"),
                    self.count("audit_event", f"request_id = '{request['id']}' and action = 'confirmation.reminded'"))
        self.assertEqual([reminded(request) for request in (waits, asked, decided)], [(1, 1), (0, 0), (0, 0)])
        self.ok(self.confirm(waits, "arun"))

    @staticmethod
    def in_business_hours(begun, seconds):
        """The moment when so many seconds of Monday to Friday, 9 to 18 in Shanghai have gone by since `begun`."""
        at = begun.astimezone(zoneinfo.ZoneInfo("Asia/Shanghai"))
        while True:
            opens, closes = (at.replace(hour=hour, minute=0, second=0, microsecond=0) for hour in (9, 18))
            if at.weekday() < 5 and at < closes:
                left = (closes - max(at, opens)).total_seconds()
                if seconds <= left:
                    return max(at, opens) + datetime.timedelta(seconds=seconds)
                seconds -= left
            at = opens.replace(hour=0) + datetime.timedelta(days=1)

    def test_a_clock_of_business_hours_stands_at_night_and_on_weekends_also_when_it_is_extended(self):
        week = 5 * 9 * 3600
        self.rules({"name": "office", "when": {}, "expires_s": week + 1800, "extend_s": week // 2, "business_hours": True})
        request = self.waiting()

        def moment(text):
            return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        asked, ends = moment(request["created_at"]), moment(request["confirmation"]["expires_at"])
        wanted = self.in_business_hours(asked, week + 1800)
        self.assertLess(abs((ends - wanted).total_seconds()), 120, (asked, ends, wanted))
        self.assertGreater((ends - asked).days, 6)
        longer = moment(self.ok(self.act(request, "extend", "oscar"))["confirmation"]["expires_at"])
        self.assertLess(abs((longer - self.in_business_hours(ends, week // 2)).total_seconds()), 120, (ends, longer))
        self.ok(self.confirm(request, "arun"))


class Many(Confirmation):
    def decide(self, token, decision, items, **more):
        return self.api("POST", "/v1/confirmations/decide", {"decision": decision, "items": items, **more}, token)

    def test_many_are_decided_each_for_itself(self):
        requests = [self.waiting(days=n) for n in range(3)]
        items = [{"request_id": r["id"], "digest": r["plan"]["digest"]} for r in requests]
        items[1]["digest"] = "0" * 64
        items.append({"request_id": str(uuid.uuid4()), "digest": "0" * 64})
        answer = self.ok(self.decide("arun", "confirm", items))["items"]
        self.assertEqual([a["code"] for a in answer], ["ok", "plan_stale", "ok", "not_found"])
        self.assertTrue(answer[1]["detail"])
        for request in (requests[0], requests[2]):
            self.assertEqual(self.request_of(request["id"], wait=30)["state"], "succeeded")
        self.still_waits(requests[1])
        self.refused(self.decide("arun", "reject", items[1:2]), 422, "invalid_input")
        own = self.ok(self.decide("oscar", "confirm", [
            {"request_id": requests[1]["id"], "digest": requests[1]["plan"]["digest"]}]))["items"]
        self.assertIn(own[0]["code"], ("self_confirmation", "forbidden"))
        rejected = self.ok(self.decide("arun", "reject", [
            {"request_id": requests[1]["id"], "digest": requests[1]["plan"]["digest"]}], comment="no"))["items"]
        self.assertEqual(rejected[0]["code"], "ok")
        self.assertEqual(self.request_of(requests[1]["id"])["state"], "rejected")

    def test_fifty_at_once_make_one_run(self):
        request = self.waiting()
        codes = [reply.code or reply.status
                 for reply in at_once(50, lambda _: self.confirm(request, "arun"))]
        self.assertEqual(codes.count(200) + codes.count(202), 1, codes)
        self.assertEqual(set(codes) - {200, 202}, {"already_decided"})
        self.assertEqual(self.runs(request), 1)


class EveryWay(Confirmation):
    """Every act of the whole document is tried on a waiting plan by whoever must not let it run: what takes an id gets
    the request's, or that of a schedule, a dead letter or a version where it wants one."""
    DECISIONS = ("/v1/requests/{id}/confirm", "/v1/confirmations/decide")
    # What the two ways of deciding answer to whom; a stale digest is told to whoever may decide about others' plans.
    BARRED = {"requester": (403, "self_confirmation"), "operator": (403, "forbidden"), "viewer": (403, "forbidden"),
              "auditor": (403, "forbidden"), "stranger": (404, "not_found"), "platform": (403, "forbidden"),
              "bot of the requester": (403, "session_required"), "bot of an approver": (403, "session_required")}
    ENDS_ITSELF = ("/v1/logout", "/v1/password")  # with these the session that asks ends

    def token_of(self, person):
        made = self.ok(self.api("POST", "/v1/tokens", {"name": "bot", "scopes": ["runs:write", "runs:read"]},
                                person), 201)
        return made["token"]

    def routes(self):
        return [(method.upper(), path) for path, methods in self.stack.contract.document["paths"].items()
                for method in methods if method in ("post", "put", "patch", "delete") and path not in self.ENDS_ITSELF]

    def plant(self):
        """{route: path} of what takes an id of its own: a high-risk schedule, and high-risk runs that died."""
        schedule = self.ok(self.api("POST", "/v1/schedules", {
            "name": f"purge {uuid.uuid4()}", "cron": "0 3 1 1 *", "skill": "purge", "input": {}}, "oscar"), 201)
        self.assertTrue(schedule["needs_confirmation"])
        version = self.ok(self.api("GET", "/v1/skills/purge/versions", token="olivia"))["items"][0]["version"]
        return {"/v1/schedules/{id}/fire": f"/v1/schedules/{schedule['id']}/fire",
                "/v1/skills/{name}/warm": "/v1/skills/purge/warm",
                "/v1/skills/{name}/versions/{version}/try": f"/v1/skills/purge/versions/{version}/try",
                "/v1/platform/dead-letters/{id}/redrive": f"/v1/platform/dead-letters/{self.dead()}/redrive"}

    def dead(self):
        """A high-risk run that was confirmed, and that the platform gave up, as its rows say."""
        run = self.ok(self.confirm(self.waiting(), "arun", wait=30))["run"]["id"]
        self.stack.sql(f"update {self.schema}.job_outcome set state = 'dead', code = 'poison' where job_id = '{run}'; "
                       "insert into public.dead_letter_tenant (tenant_id, open) values "
                       f"('{self.stack.tenants[TENANT]['id']}', 1) on conflict (tenant_id) do update set open = 1")
        return run

    def body_of(self, method, path, request, digest):
        run = {"skill": "purge", "input": {}}
        bodies = {
            "/v1/confirmations/decide": {"decision": "confirm", "items": [{"request_id": request["id"], "digest": digest}]},
            "/v1/requests/{id}/confirm": {"digest": digest, "comment": "x"},
            "/v1/requests/{id}/answer": {"inputs": {"days": 1}},
            "/v1/runs": run, "/v1/runs/batch": {"runs": [run, run]}, "/v1/requests": {"text": "purge everything"},
            "/v1/skills/{name}/versions/{version}/try": {"input": {}},
            "/v1/platform/dead-letters/redrive": {"tenant": self.stack.tenants[TENANT]["id"]}}
        return bodies.get(path, wishes.wish(self.stack.contract, method, path))

    def call(self, method, path, request, token, digest=None):
        """(status, code), with the code of the item where many are decided."""
        given = self.body_of(method, path, request, digest or request["plan"]["digest"])
        reply = self.stack.api(method, self.planted.get(path, re.sub(r"\{\w+\}", request["id"], path)), given, token=token)
        if path == self.DECISIONS[1] and reply.status == 200:
            code = reply.json["items"][0]["code"]
            return {"ok": 200, "not_found": 404, "forbidden": 403, "self_confirmation": 403, "session_required": 403,
                    "expired": 410}.get(code, 409), code
        return reply.status, reply.code

    def all_runs(self):
        return self.count("job", "kind = 'run'")

    def settled(self):
        """Every plan and intent that was asked for is made."""
        until(lambda: self.count("job_live l", f"exists (select from {self.schema}.job j where j.id = l.job_id and j.kind "
                                 "in ('intent', 'plan') and l.state <> 'delayed')") == 0, 60, "all being planned")

    def test_no_route_lets_a_plan_run_for_who_must_not(self):
        tokens = {"requester": "adam", "operator": "oscar", "viewer": "vera", "auditor": "audrey", "stranger": "lin",
                  "platform": "pat", "bot of the requester": self.token_of("adam"),
                  "bot of an approver": self.token_of("arun")}
        routes, answers = self.routes(), {}
        self.assertGreater(len(routes), 120)
        self.planted = self.plant()
        request, runs = self.waiting("adam"), self.all_runs()
        for who, token in tokens.items():
            for digest in (None, "f" * 64):
                for method, path in routes:
                    if digest and path not in self.DECISIONS:
                        continue  # it takes none
                    with self.subTest(who=who, digest=digest or "right", route=f"{method} {path}"):
                        answer = answers[who, path] = self.call(method, path, request, token, digest)
                        self.assertLess(answer[0], 500)
                        if path in self.DECISIONS:
                            self.assertEqual(answer, (409, "plan_stale") if digest and who == "requester" else self.BARRED[who])
                        now, waits = self.stack.sql(
                            f"select (select count(*) from {self.schema}.job where kind = 'run'), c.state from "
                            f"{self.schema}.confirmation c where c.request_id = '{request['id']}'")[0]
                        self.assertEqual(int(now), runs)
                        if waits != "waiting":  # cancelled, by whoever may
                            request = self.waiting("adam")
        self.settled()
        self.assertEqual(self.all_runs(), runs)
        self.ways_were_walked(answers)

    def ways_were_walked(self, answers):
        """The ways to a run answered who may go them: it is no proof where all were turned away at the door."""
        for who in ("requester", "operator", "bot of the requester"):
            for path in ("/v1/runs", "/v1/runs/batch", "/v1/requests"):
                self.assertEqual(answers[who, path], (202, None), (who, path))
        for who in ("requester", "operator"):
            self.assertEqual(answers[who, "/v1/schedules/{id}/fire"], (202, None), who)
        self.assertEqual(answers["platform", "/v1/platform/dead-letters/{id}/redrive"], (409, "confirmation_required"))
        self.assertEqual(answers["platform", "/v1/platform/dead-letters/redrive"], (200, None))
        for who in ("viewer", "auditor", "platform"):
            for path in ("/v1/runs", "/v1/runs/batch", "/v1/requests", "/v1/schedules/{id}/fire"):
                self.assertEqual(answers[who, path], (403, "forbidden"), (who, path))
        self.assertEqual(answers["stranger", "/v1/schedules/{id}/fire"], (404, "not_found"))

    def test_a_dead_high_risk_run_is_not_done_again(self):
        """One by one and all at once: its confirmation was used. One of low risk beside it would be."""
        run, runs, tenant = self.dead(), self.all_runs(), self.stack.tenants[TENANT]["id"]
        where = f"/v1/platform/dead-letters/{run}/redrive?tenant={tenant}"
        self.refused(self.api("POST", where, {"comment": "again"}, "pat"), 409, "confirmation_required")
        many = self.ok(self.api("POST", "/v1/platform/dead-letters/redrive", {"tenant": tenant}, "pat"))
        self.assertEqual(many["redriven"], [])
        self.assertIn({"id": run, "code": "confirmation_required"}, many["skipped"])
        self.assertEqual(self.all_runs(), runs)
        self.assertEqual(self.count("dead_letter_act", f"job_id = '{run}'"), 0)

    def test_after_the_end_nothing_confirms_it(self):
        """Nor a second time: every end by every way, and both of them at once, fifty times."""
        self.planted = {}
        ends = {
            "rejected": (409, "already_decided", lambda r: self.ok(self.api(
                "POST", f"/v1/requests/{r['id']}/reject", {"comment": "no"}, "arun"))),
            "cancelled": (409, "already_decided", lambda r: self.ok(self.api(
                "POST", f"/v1/requests/{r['id']}/cancel", {}, "oscar"))),
            "expired": (410, "expired", lambda r: self.stack.sql(
                f"update {self.schema}.confirmation set expires_at = now() where request_id = '{r['id']}'")),
            "confirmed": (409, "already_decided", lambda r: self.ok(self.confirm(r, "arun", wait=30))),
        }
        for end, (status, code, act) in ends.items():
            request = self.waiting()
            act(request)
            before = self.runs(request)
            self.assertEqual(before, int(end == "confirmed"))
            for path in self.DECISIONS:
                for token in ("arun", "olivia", "oscar"):
                    with self.subTest(end=end, way=path, token=token):
                        answer = self.call("POST", path, request, token)
                        self.assertEqual(answer, (status, code) if token != "oscar" else (403, "forbidden"))
            with self.subTest(end=end, way="fifty at once"):
                answers = set(at_once(50, lambda n: self.call("POST", self.DECISIONS[n % 2], request, ("arun", "olivia")[n // 25])))
                self.assertEqual(answers, {(status, code)})
            self.assertEqual(self.runs(request), before)

    def test_fifty_at_once_by_both_ways_make_one_run(self):
        self.planted = {}
        request = self.waiting()
        answers = at_once(50, lambda n: self.call("POST", self.DECISIONS[n % 2], request, "arun"))
        self.assertEqual(sum(status in (200, 202) for status, _ in answers), 1, answers)
        self.assertEqual({a for a in answers if a[0] not in (200, 202)}, {(409, "already_decided")})
        self.assertEqual(self.runs(request), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
