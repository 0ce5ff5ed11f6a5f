/* words.js - what the page says, in both languages, and how amounts and times are written. */
"use strict";

const WORDS = {
    accept: ["Join with my account", "使用现有账号加入"],
    account_other: ["This belongs to another account of yours than the one you are logged in to. Log in to it to see it.",
        "该内容属于您的另一个账号，请登录该账号后查看。"],
    action: ["Skill", "技能"],
    amount: ["Amount", "金额"],
    artifacts: ["Files", "文件"],
    asked_by: ["Asked by", "发起人"],
    cancel: ["Give this order up", "取消该订单"],
    cancel_order: ["Do not want it any more?", "不再需要？"],
    comment: ["Comment", "说明"],
    confirm: ["Confirm", "确认执行"],
    confirmation: ["Confirmation", "确认"],
    customer: ["Customer", "客户"],
    decide: ["Decide", "作出决定"],
    decided: ["There is nothing to decide here for you.", "此处没有需要您决定的事项。"],
    edition: ["Edition", "版本"],
    email: ["E-mail", "邮箱"],
    error: ["Error", "错误"],
    have_account: ["You have an account?", "已有账号？"],
    input: ["Input", "输入"],
    into: ["Into", "加入"],
    invitation: ["Invitation", "邀请"],
    joined: ["You are in. Log in with the command line (execgov login), or follow the link in a message.", "已加入。请用命令行登录（execgov login），或打开消息中的链接。"],
    log_in: ["Log in", "登录"],
    log_out: ["Log out", "退出登录"],
    name: ["Name", "姓名"],
    new_here: ["New here?", "首次使用？"],
    no_answer: ["The server did not answer. Try again in a moment.", "服务器没有响应，请稍后重试。"],
    no_details: ["How to pay is not stored here. Ask whoever sent you this link.", "此处未登记付款方式，请联系发送该链接的人。"],
    nothing_to_pay: ["There is nothing to pay for it now.", "当前无需付款。"],
    order: ["Order", "订单"],
    password: ["Password", "密码"],
    password_set: ["The new password is set, and every older session is over. Log in with it.", "新密码已设置，原有会话均已失效，请使用新密码登录。"],
    pay: ["How to pay", "付款方式"],
    pay_by: ["Pay by", "付款期限"],
    pay_no: ["Give this number with the payment, so that it is found", "付款时请注明此单号，以便核对"],
    payee: ["Pay to", "收款方"],
    plan: ["What would be done", "将执行的操作"],
    problem: ["It could not be shown", "无法显示"],
    quantity: ["Quantity", "数量"],
    reference: ["The bank's reference of your payment (if you have it)", "银行付款流水号（如有）"],
    register: ["Register", "注册"],
    reject: ["Refuse", "拒绝"],
    report: ["I have paid", "已付款"],
    report_order: ["Paid already?", "已付款？"],
    reported: ["You said that it is paid. It goes on as soon as the money is found on our account.", "您已登记付款，我方收到款项后立即生效。"],
    request: ["Request", "请求"],
    reset: ["A new password", "设置新密码"],
    result: ["Result", "结果"],
    role: ["Role", "角色"],
    run: ["Run", "运行"],
    seen: ["You only see it here: nothing is decided by opening a link.", "此处仅供查看：打开链接不会作出任何决定。"],
    set_password: ["Set it", "设置"],
    skill: ["Skill", "技能"],
    started: ["Started", "开始时间"],
    state: ["State", "状态"],
    tax: ["Tax in it", "其中税额"],
    tax_no: ["Tax number", "税号"],
    text: ["In words", "内容"],
    until: ["Until", "截止时间"],
    unknown: ["This link leads to nothing that this page can show. Is it complete?", "该链接没有可显示的内容，请检查链接是否完整。"],
    version: ["Version", "版本"],
    who: ["You are logged in as", "当前登录："],
    yours: ["your platform account", "平台账号"],
};

/* What an order's state is to whoever pays it. */
const STATES = {
    draft: ["Not to be paid yet", "尚未开放付款"],
    pending_payment: ["Waits for the payment", "待付款"],
    payment_reported: ["You said that it is paid", "已登记付款，待核实"],
    paid: ["Paid", "已付款"],
    activating: ["Paid, being set up", "已付款，开通中"],
    active: ["Paid and in use", "已付款并生效"],
    activation_failed: ["Paid; setting it up failed, and we look at it", "已付款，开通失败，正在处理"],
    cancelled: ["Given up", "已取消"],
    expired: ["Its time to be paid is over", "已过付款期限"],
    refunded: ["Refunded", "已退款"],
};

const CHINESE = /^zh\b/i.test(navigator.language || "");

function say(word) {
    return WORDS[word] ? WORDS[word][CHINESE ? 1 : 0] : word;
}

function order_state(state) {
    return STATES[state] ? STATES[state][CHINESE ? 1 : 0] : state;
}

/* ISO 4217 exponents that are not 2, as core/model/money/currency.c has them. */
const EXPONENTS = {
    BIF: 0, CLP: 0, DJF: 0, GNF: 0, ISK: 0, JPY: 0, KMF: 0, KRW: 0, PYG: 0, RWF: 0, UGX: 0, VND: 0, VUV: 0, XAF: 0, XOF: 0, XPF: 0,
    BHD: 3, IQD: 3, JOD: 3, KWD: 3, LYD: 3, OMR: 3, TND: 3, CLF: 4,
};

/* {amount_minor: 29900, currency: "CNY"} -> "CNY 299.00", without a detour over floating point. */
function money(amount) {
    const digits = EXPONENTS[amount.currency] ?? 2;
    const [sign, ...figures] = amount.amount_minor < 0 ? String(amount.amount_minor) : "+" + amount.amount_minor;
    const minor = figures.join("").padStart(digits + 1, "0");
    const whole = minor.slice(0, minor.length - digits);

    return amount.currency + " " + (sign === "-" ? sign : "") + whole + (digits ? "." + minor.slice(-digits) : "");
}

function when(text) {
    return new Date(text).toLocaleString(CHINESE ? "zh-CN" : "en-GB", { dateStyle: "medium", timeStyle: "long" });
}
