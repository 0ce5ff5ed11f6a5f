/* ask.js - calls to the API, and elements of the page.
 *
 * The session is the cookie that POST /v1/login sets, which no script can read; what acts carries the value of the
 * other cookie in X-CSRF-Token. Whatever comes from the API becomes text, never markup. */
"use strict";

/* An answer: {status, json}. status 0: there was none. */
function ask(method, path, body) {
    return new Promise((done) => {
        const call = new XMLHttpRequest();
        const csrf = /(?:^|; *)execgov_csrf=([^;]*)/.exec(document.cookie);

        call.open(method, path);
        call.setRequestHeader("Accept-Language", CHINESE ? "zh-CN" : "en");
        if (body !== undefined)
            call.setRequestHeader("Content-Type", "application/json");
        if (method !== "GET" && csrf)
            call.setRequestHeader("X-CSRF-Token", csrf[1]);
        call.onload = () => {
            let json = null;
            try {
                json = call.responseText ? JSON.parse(call.responseText) : null;
            } catch {
                /* a gateway's page: the status says enough */
            }
            done({ status: call.status, json });
        };
        call.onerror = () => done({ status: 0, json: null });
        call.send(body === undefined ? null : JSON.stringify(body));
    });
}

function good(answer) {
    return answer.status >= 200 && answer.status < 300;
}

/* What to show of an answer that is not good. */
function problem(answer) {
    if (!answer.status)
        return say("no_answer");
    return answer.json && answer.json.detail ? answer.json.detail : "HTTP " + answer.status;
}

function element(name, attributes, ...children) {
    const made = document.createElement(name);

    for (const [key, value] of Object.entries(attributes || {}))
        made.setAttribute(key, value);
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
}

/* Rows of [label, value]; those without a value are left out. */
function table(rows) {
    return element("table", null, ...rows.filter(([, value]) => value !== null && value !== undefined && value !== "")
        .map(([label, value]) => element("tr", null, element("th", null, label), element("td", null, value))));
}

/* A form that acts when a person sends it, and never otherwise. fields: {name: type}; act(values) resolves to an
 * answer; a good one is handed to `after`, another's problem is shown. */
function form(button, fields, act, after) {
    const inputs = Object.entries(fields).map(([name, type]) => [name, element("input", { name, type })]);
    const send = element("button", { type: "submit" }, say(button));
    const wrong = element("p", { class: "problem", role: "alert" });
    const made = element("form", { "data-act": button }, ...inputs.map(([name, input]) => element("label", null, say(name), input)),
        send, wrong);

    made.addEventListener("submit", async (event) => {
        event.preventDefault();
        if (send.disabled)
            return;
        send.disabled = true;
        wrong.textContent = "";
        const answer = await act(Object.fromEntries(inputs.filter(([, input]) => input.value).map(([name, input]) => [name, input.value])));
        send.disabled = false;
        if (good(answer))
            after(answer);
        else
            wrong.textContent = problem(answer);
    });
    return made;
}

function show(...children) {
    document.getElementById("page").replaceChildren(...children);
}
