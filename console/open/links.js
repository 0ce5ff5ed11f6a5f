/* links.js - the links that carry a secret: /invite#egi_… and /reset#egr_…. Looking uses nothing up. */
"use strict";

function done(words) {
    return () => show(element("h1", null, "ExecGov"), element("p", null, say(words)));
}

function reset() {
    show(
        element("h1", null, say("reset")),
        form("set_password", { password: "password" }, (values) => ask("POST", "/v1/password/reset", { ...values, token: location.hash.slice(1) }),
            done("password_set")),
    );
}

/* Whoever has an account is known by his password first: an invitation is taken by the person it is for. */
async function accept(email, values) {
    const session = await ask("POST", "/v1/login", { ...values, email, cookie: true });

    return good(session) ? ask("POST", "/v1/invitations/accept", { invitation: location.hash.slice(1) }) : session;
}

async function invitation() {
    const token = location.hash.slice(1), seen = await ask("POST", "/v1/invitations/inspect", { invitation: token });
    const view = seen.json;

    if (!good(seen)) {
        show(element("h1", null, say("invitation")), element("p", { class: "problem" }, problem(seen)));
        return;
    }
    show(
        element("h1", null, say("invitation")),
        table([[say("into"), view.tenant], [say("role"), view.role], [say("asked_by"), view.invited_by], [say("email"), view.email],
            [say("until"), when(view.expires_at)]]),
        element("h2", null, say("new_here")),
        form("register", { name: "text", password: "password" },
            (values) => ask("POST", "/v1/register", { ...values, email: view.email, invitation: token }), done("joined")),
        ...(view.tenant ? [element("h2", null, say("have_account")),
            form("accept", { password: "password" }, (values) => accept(view.email, values), done("joined"))] : []),
    );
}
