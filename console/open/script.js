/* script.js - /open#/orders/ID?tenant=T: who is there? -> the thing, or log in first and then the thing.
 *
 * The target stays in the fragment while one logs in; opening one only reads. */
"use strict";

/* {path, tenant, view} of the address; view undefined: nothing that can be shown. */
function target_read() {
    const [path, query] = location.hash.slice(1).split("?");
    const platform = path.startsWith("/platform/");

    return {
        path,
        tenant: platform ? "platform" : new URLSearchParams(query || "").get("tenant"),
        view: VIEWS.find((view) => view.form.test(path)),
    };
}

/* `session`: of another account, which would stay valid behind the cookie that replaces its own. */
function log_in(target, why, session) {
    const tenant = target.tenant ? { tenant: target.tenant } : {};
    const act = async (values) => {
        if (session)
            await ask("POST", "/v1/logout");
        session = false;
        return ask("POST", "/v1/login", { ...values, ...tenant, cookie: true });
    };

    show(
        element("h1", null, "ExecGov"),
        element("p", null, why),
        form("log_in", { email: "email", password: "password" }, act, open_target),
        element("p", null, say("seen")),
    );
}

function head(me, target) {
    const out = element("button", { type: "button" }, say("log_out"));

    out.addEventListener("click", async () => {
        await ask("POST", "/v1/logout");
        log_in(target, "");
    });
    return element("p", { class: "who" }, say("who") + " " + me.user.name + ", " + (me.tenant ? me.tenant.name : say("yours")) + " ", out);
}

/* A session of another tenant would only find nothing. */
function elsewhere(me, target) {
    return target.tenant && target.tenant !== (me.tenant ? me.tenant.id : "platform");
}

async function open_target() {
    const target = target_read();

    if (!target.view) {
        show(element("h1", null, "ExecGov"), element("p", { class: "problem" }, say("unknown")));
        return;
    }
    const me = await ask("GET", "/v1/me");
    if (me.status === 401) {
        log_in(target, "");
    } else if (good(me) && elsewhere(me.json, target)) {
        log_in(target, say("account_other"), true);
    } else {
        const thing = good(me) ? await ask("GET", "/v1" + target.path) : me;
        if (location.hash.slice(1).split("?")[0] !== target.path)
            return; /* somebody went on meanwhile */
        if (good(thing))
            show(head(me.json, target), element("h1", null, target.view.heading(thing.json)), ...target.view.body(thing.json, target.path));
        else
            show(...(good(me) ? [head(me.json, target)] : []), element("h1", null, say("problem")),
                element("p", { class: "problem" }, problem(thing)));
    }
}

/* The same page under three addresses: what the link is for. */
const start = { "/invite": invitation, "/reset": reset }[location.pathname] || open_target;

window.addEventListener("hashchange", start);
start();
