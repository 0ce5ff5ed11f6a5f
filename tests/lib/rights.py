"""rights.py - who may use which route, as API.md and DESIGN say it: the oracle of the isolation matrix.

    may("POST", "/v1/runs/{id}/cancel")  ->  "oap"
    token_may("GET", "/v1/runs")         ->  True

Written by hand from the contract and never read from the server's own table
(core/model/policy_permissions.def), so that a wrong row there is found here. Rules are looked at from the top,
the first whose method and path fit counts; a path fits as it is, and everything below it. A route that nobody
thought of falls under the last rule of its noun, and under a noun that nobody thought of: to owners and admins
of a tenant, to administrators of the platform.

  o owner  a admin  p operator  v approver  f finance  u auditor  w viewer
  A platform_admin  F platform_finance  U platform_auditor
"""
TENANT, PLATFORM = "oapvfuw", "AFU"
ANYBODY = "*"             # no token needed
LOGGED_IN = TENANT + PLATFORM
READ, WRITE, ANY = ("GET",), ("POST", "PUT", "PATCH", "DELETE"), ("GET", "POST", "PUT", "PATCH", "DELETE")

RULES = (
    # the server itself, and how one gets in
    *((ANY, path, ANYBODY) for path in ("/livez", "/readyz", "/metrics", "/version", "/openapi.json", "/docs", "/open", "/invite", "/reset",
                                        "/v1/register", "/v1/login", "/v1/password/reset", "/v1/invitations/inspect",
                                        "/v1/platform/payments/webhooks")),
    # oneself
    *((ANY, path, LOGGED_IN) for path in ("/v1/me", "/v1/logout", "/v1/password", "/v1/tokens", "/v1/invitations",
                                          "/v1/channels", "/v1/notifications", "/v1/editions")),
    # work: whoever is in the tenant sees, operators act; by the rule that is there by itself owners, admins and
    # approvers decide, and any question is looked at by the database (G2)
    *((("POST",), f"/v1/requests/{{id}}/{act}", "oav") for act in ("confirm", "reject")),
    *((("POST",), f"/v1/requests/{{id}}/{act}", TENANT) for act in ("ask", "reply", "extend")),
    (ANY, "/v1/confirmations", TENANT),
    (("GET",), "/v1/runs/{id}/artifacts", "oapvuw"),
    *((READ, path, TENANT) for path in ("/v1/runs", "/v1/requests", "/v1/events")),
    *((WRITE, path, "oap") for path in ("/v1/runs", "/v1/requests")),
    (READ, "/v1/jobs", "oapvuw"),
    (ANY, "/v1/uploads", "oap"),
    (READ, "/v1/files", "oapvuw"), (WRITE, "/v1/files", "oap"),
    (("POST",), "/v1/schedules/preview", "oapvuw"),
    (READ, "/v1/schedules", "oapvuw"), (WRITE, "/v1/schedules", "oap"),
    # rules of the tenant
    (READ, "/v1/confirmation-rules", "oau"), (WRITE, "/v1/confirmation-rules", "oa"),
    (READ, "/v1/delegations", "oavu"), (WRITE, "/v1/delegations", "oav"),
    # skills: operators write and try them, owners and admins decide about them
    (READ, "/v1/skills", "oapvuw"),
    *((("POST",), f"/v1/skills/{{name}}/{act}", "oap") for act in ("versions/{version}/try", "versions/{version}/sign", "warm")),
    (WRITE, "/v1/skills/{name}", "oa"), (("POST",), "/v1/skills", "oap"),
    (ANY, "/v1/unmet", "oa"),
    (READ, "/v1/http-resources", "oapvu"),
    # the tenant itself
    (READ, "/v1/members", "oavu"), (WRITE, "/v1/members", "oa"),
    *((READ, path, "oau") for path in ("/v1/settings", "/v1/callback-hosts", "/v1/deliveries", "/v1/audit")),
    *((READ, path, "oafu") for path in ("/v1/orders", "/v1/invoices", "/v1/subscription", "/v1/usage")),
    *((WRITE, path, "of") for path in ("/v1/orders", "/v1/subscription")),
    (WRITE, "/v1/exports", "o"),
    (READ, "/v1/announcements", TENANT),
    # the platform
    *((READ, f"/v1/platform/{noun}", "AFU") for noun in (
        "tenants", "channels", "deliveries", "editions", "customers", "orders", "payments", "payment-providers",
        "finance-tasks", "statement-formats", "approvals", "subscriptions", "lifecycle", "reports", "periods", "calendars",
        "invoices", "sellers", "reminder-policies", "money-rules")),
    *((READ, f"/v1/platform/{noun}", "AU") for noun in (
        "audit", "workers", "queues", "dead-letters", "limits", "jobs", "http-resources", "open-networks")),
    (("POST",), "/v1/platform/http-resources/{id}/dry-run", "AU"),
    *((WRITE, f"/v1/platform/{noun}", "AF") for noun in ("editions", "approvals", "calendars", "sellers", "reminder-policies")),
    *((WRITE, f"/v1/platform/{noun}", "F") for noun in (
        "customers", "orders", "payments", "finance-tasks", "statement-formats", "subscriptions", "lifecycle", "periods", "invoices",
        "money-rules")),
    (ANY, "/v1/platform", "A"),
    (ANY, "/v1", "oa"),
)

# What belongs to one person even inside of a tenant: what the others of the same tenant, who may use the route, are
# answered about it. The things are made by an operator; tokens and delegations by an owner.
MISSING, FORBIDDEN = (404, "not_found"), (403, "forbidden")
PERSONAL = (
    (("POST",), "/v1/requests/{id}/answer", "oa", MISSING),
    (("POST",), "/v1/requests/{id}/ask", "pfuw", FORBIDDEN),     # who may decide asks back
    (("POST",), "/v1/requests/{id}/reply", "oavfuw", FORBIDDEN),  # who asked replies
    (("POST",), "/v1/requests/{id}/extend", "fuw", FORBIDDEN),   # either of them
    (("GET",), "/v1/skills/{name}/versions/{version}/package", "pvuw", FORBIDDEN),  # an owner's: a source is no colleague's
    *((ANY, path, "f", MISSING) for path in ("/v1/runs/{id}", "/v1/requests/{id}")),  # finance sees its own work only
    (ANY, "/v1/uploads/{id}", "oa", MISSING),
    (("DELETE",), "/v1/tokens/{id}", "pvfuw" + PLATFORM, MISSING),
    (("DELETE",), "/v1/delegations/{id}", "av", MISSING),
    (("POST",), "/v1/invitations/accept", LOGGED_IN, MISSING),    # nobody has this link
    (("POST",), "/v1/platform/lifecycle/clock", "F", FORBIDDEN),  # no clock of a real platform is moved
)

# Acts that an api token never does, whatever its scopes and its maker's role: somebody has to be there.
PERSON_ONLY = (
    *((WRITE, path) for path in ("/v1/me", "/v1/password", "/v1/tokens", "/v1/invitations", "/v1/channels")),
    *((("POST",), f"/v1/requests/{{id}}/{act}") for act in ("confirm", "reject", "ask", "reply", "extend")),
    (WRITE, "/v1/delegations"), (WRITE, "/v1/confirmation-rules"), (WRITE, "/v1/members"), (WRITE, "/v1/settings"),
    (WRITE, "/v1/callback-hosts"), (WRITE, "/v1/deliveries"), (WRITE, "/v1/orders"), (WRITE, "/v1/subscription"), (WRITE, "/v1/exports"), (ANY, "/v1/unmet"),
    (("PUT",), "/v1/skills/{name}/bindings"), (("PATCH",), "/v1/skills/{name}"),
    (("POST",), "/v1/skills/{name}/rollback"),
    *((("POST",), f"/v1/skills/{{name}}/versions/{{version}}/{act}") for act in ("review", "publish", "yank")),
)


def fits(rule_path, path):
    return path == rule_path or path.startswith(rule_path + "/")


def may(method, path):
    return next(roles for methods, rule, roles in RULES if method in methods and fits(rule, path))


def token_may(method, path):
    """An owner's api token that has every scope."""
    return not any(method in methods and fits(rule, path) for methods, rule in PERSON_ONLY)


def decided_by_the_database(path):
    """There a bad id is found before the role is looked at."""
    return any(fits(f"/v1/requests/{{id}}/{act}", path) for act in ("confirm", "reject", "ask", "reply", "extend"))


def personal(letter, method, path):
    """(status, code) for a colleague of whom it belongs to; None: it is everybody's."""
    return next((answer for methods, rule, letters, answer in PERSONAL
                 if method in methods and fits(rule, path) and letter in letters), None)
