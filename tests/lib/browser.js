/* browser.js - a browser without a screen (jsdom, from npm) that tests/lib/browser.py tells what to do: a line of JSON
 * in, a line of JSON out. Scripts come from the server and run as they are; cookies are kept as a browser keeps them. */
"use strict";

const { CookieJar, JSDOM, VirtualConsole } = require("jsdom");

const jar = new CookieJar();
const errors = [];
let dom = null;
let calls = [];

function watch(window, language) {
    const { open } = window.XMLHttpRequest.prototype;

    Object.defineProperty(window.navigator, "language", { value: language });
    window.XMLHttpRequest.prototype.open = function (method, path, ...rest) {
        calls.push([method, path]);
        return open.call(this, method, path, ...rest);
    };
}

const ACTS = {
    /* What fails in a script is kept, and handed out with the next look. */
    async open({ url, language }) {
        const console_of = new VirtualConsole();
        console_of.on("jsdomError", (error) => errors.push(String(error.detail || error.message)));
        if (dom)
            dom.window.close();
        calls = [];
        dom = await JSDOM.fromURL(url, { runScripts: "dangerously", resources: "usable", cookieJar: jar, virtualConsole: console_of,
            beforeParse: (window) => watch(window, language || "en-US") });
    },
    async go({ hash }) {
        dom.window.location.hash = hash;
    },
    async look() {
        const { document } = dom.window;
        const forms = [...document.querySelectorAll("form")].map((form) => form.dataset.act);

        return { text: document.body.textContent, html: document.body.innerHTML, forms, calls, errors, cookie: document.cookie,
            links: [...document.querySelectorAll("a")].map((a) => a.getAttribute("href")) };
    },
    async send({ act, values }) {
        const form = dom.window.document.querySelector(`form[data-act="${act}"]`);

        for (const [name, value] of Object.entries(values))
            form.querySelector(`input[name="${name}"]`).value = value;
        form.querySelector("button").click();
    },
};

async function serve() {
    for await (const line of require("readline").createInterface({ input: process.stdin })) {
        const told = JSON.parse(line);
        let answer;

        try {
            answer = { result: await ACTS[told.do](told) };
        } catch (error) {
            answer = { error: String(error.stack) };
        }
        process.stdout.write(JSON.stringify(answer) + "\n");
    }
    process.exit(0);
}

serve();
