/* views.js - what a link may lead to, and how it is shown.
 *
 * VIEWS: [the target's form, its heading, (thing, target) -> elements]. What has no view of its own is shown as it is. */
"use strict";

/* Any JSON as text and tables. */
function anything(value) {
    if (value === null || value === undefined || value === "")
        return "-";
    if (Array.isArray(value))
        return value.length ? element("div", null, ...value.map((one) => element("div", null, anything(one)))) : "-";
    if (typeof value !== "object")
        return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? when(value) : String(value);
    if (Object.keys(value).sort().join() === "amount_minor,currency")
        return money(value);
    return table(Object.entries(value).map(([key, inner]) => [key, inner === null ? null : anything(inner)]));
}

function as_it_is(thing) {
    return [anything(thing)];
}

function acts(target, act, body) {
    return ask("POST", "/v1" + target + "/" + act, body);
}

/* --- an order: what to pay, by when, how; and saying that it is paid --- */

function how_to_pay(order) {
    const to = order.pay_to || {};

    return [
        element("h2", null, say("pay")),
        table([
            [say("amount"), money(order.amount)],
            [say("pay_by"), order.expires_at && when(order.expires_at)],
            [say("payee"), to.title],
            [say("tax_no"), to.tax_no],
            ["", to.details ? element("div", { class: "details" }, to.details) : say("no_details")],
            [say("pay_no"), element("strong", null, order.no)],
        ]),
    ];
}

function order(thing, target) {
    const open = thing.state === "pending_payment";
    const rows = table([
        [say("customer"), thing.customer],
        [say("edition"), thing.edition],
        [say("quantity"), thing.quantity > 1 ? String(thing.quantity) : null],
        [say("amount"), money(thing.amount)],
        [say("tax"), thing.tax.amount_minor ? money(thing.tax) : null],
        [say("state"), order_state(thing.state)],
    ]);

    if (!open)
        return [rows, element("p", null, say(thing.state === "payment_reported" ? "reported" : "nothing_to_pay"))];
    return [
        rows,
        ...how_to_pay(thing),
        element("h2", null, say("report_order")),
        form("report", { reference: "text" }, (values) => acts(target, "report-payment", values), open_target),
        element("h2", null, say("cancel_order")),
        form("cancel", {}, () => acts(target, "cancel", {}), open_target),
    ];
}

/* --- a request: what would be done; whoever may decide decides about exactly the plan that he sees --- */

function decision(thing, target) {
    const asked = thing.confirmation;

    if (!asked || asked.state !== "waiting" || !asked.may_decide)
        return [element("p", null, say("decided"))];
    return [
        element("h2", null, say("decide")),
        element("p", null, say("until") + " " + when(asked.expires_at)),
        form("confirm", { comment: "text" }, (values) => acts(target, "confirm", { ...values, digest: asked.digest }), open_target),
        form("reject", { comment: "text" }, (values) => acts(target, "reject", { ...values, digest: asked.digest }), open_target),
    ];
}

function request(thing, target) {
    const run = thing.run && thing.run.id;

    return [
        table([
            [say("text"), thing.text],
            [say("state"), thing.state],
            [say("asked_by"), thing.created_by && thing.created_by.name],
            [say("confirmation"), thing.confirmation && thing.confirmation.state],
            [say("error"), thing.error && thing.error.message],
            [say("run"), run && element("a", { href: "#/runs/" + run }, run)],
        ]),
        ...(thing.plan ? [element("h2", null, say("plan")), element("pre", null, thing.plan.text)] : []),
        ...decision(thing, target),
    ];
}

/* --- a run --- */

function artifact(target, file) {
    return element("div", null, element("a", { href: "/v1" + target + "/artifacts/" + encodeURIComponent(file.name), download: "" },
        file.name));
}

function run(thing, target) {
    return [table([
        [say("action"), thing.skill + (thing.action ? "/" + thing.action : "")],
        [say("version"), thing.version && String(thing.version)],
        [say("state"), thing.state],
        [say("asked_by"), thing.created_by && thing.created_by.name],
        [say("started"), thing.timings.started && when(thing.timings.started)],
        [say("error"), thing.error && thing.error.message],
        [say("input"), anything(thing.input)],
        [say("result"), thing.result === null ? null : element("pre", null, JSON.stringify(thing.result, null, 2))],
        [say("artifacts"), thing.artifacts.length ? element("div", null, ...thing.artifacts.map((file) => artifact(target, file))) : null],
    ])];
}

const ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const VIEWS = [
    ["/orders/" + ID, (thing) => say("order") + " " + thing.no, order],
    ["/requests/" + ID, () => say("request"), request],
    ["/runs/" + ID, () => say("run"), run],
    ["/subscription", () => "subscription", as_it_is],
    ["/channels", () => "channels", as_it_is],
    ["/schedules/" + ID, (thing) => thing.name, as_it_is],
    ["/skills/[a-z0-9_-]+/versions/[0-9]+", (thing) => say("skill") + " " + thing.skill + " " + thing.version, as_it_is],
    ["/platform/channels", () => "channels", as_it_is],
    ["/platform/finance-tasks", () => "finance-tasks", as_it_is],
    ["/platform/approvals", () => "approvals", as_it_is],
    ["/platform/subscriptions/" + ID, () => "subscription", as_it_is],
].map(([form_of, heading, body]) => ({ form: new RegExp("^" + form_of + "$"), heading, body }));
