/* The household check: folding, progress, the income sum, the keys, and what was typed kept safe:
   every few seconds as a draft on the server, and at once as a copy in this browser. The copy belongs
   to one user and household; it goes when the check is sent, on signing out and after seven days
   (app.js). The form works without this file. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-check]");
  if (!form) return;
  var AUTOSAVE_MS = 5000, RETRY_MS = 10000, KEEP_MS = 300;
  var list = function (found) { return Array.prototype.slice.call(found); };
  var sections = list(form.querySelectorAll("[data-section]"));
  /* sections that the round does not ask for are not counted, and the keys pass over them */
  function isWanted(section) { return !section.hasAttribute("data-optional"); }
  var confirmed = form.elements.confirmed, last = confirmed.closest("[data-section]");

  /* --- what is answered ------------------------------------------------------------------------- */
  function sameBox(section) { return section.querySelector("input[name^='same-']"); }
  function answersIn(root) {
    return list(root.querySelectorAll("input, select, textarea")).filter(function (field) {
      return field.type !== "hidden" && field.name && !field.closest("[data-evidence]") && field.name.indexOf("same-") !== 0;
    });
  }
  var fieldsOf = new Map(), questionsOf = new Map();
  sections.forEach(function (section) {
    fieldsOf.set(section, answersIn(section));
    questionsOf.set(section, list(section.querySelectorAll(".ql-q[data-question]")).map(function (question) {
      return { box: question, fields: answersIn(question) };
    }));
  });
  function isAnswered(field) {
    return field.type === "radio" || field.type === "checkbox" ? field.checked : field.value.trim() !== "";
  }
  function isShown(field) { return field.offsetParent !== null && !field.disabled && !field.closest("details:not([open])"); }
  function anyAnswered(section) { return fieldsOf.get(section).some(isAnswered); }
  function state(section) {
    if (section === last) return confirmed.checked ? "changed" : "";
    var same = sameBox(section);
    if (same && same.checked) return anyAnswered(section) ? "mixed" : "same";
    return anyAnswered(section) ? "changed" : "";
  }
  var WORDS = { same: "无变化", mixed: "有变化", changed: "已填", "": "未填" };

  function fold(section, closed) {
    var body = section.querySelector("[data-body]");
    if (!body || section.querySelector(".invalid-feedback")) closed = false;
    if (body) body.hidden = closed;
    section.classList.toggle("is-open", !closed);
  }
  function needed(section) { return section.querySelector(".ql-q-t .ql-req, .ql-mem .txt-warn, .ql-mem .ql-req"); }

  function refresh() {
    var done = 0, missing = [];
    sections.forEach(function (section) {
      var now = state(section), word = now || isWanted(section) ? WORDS[now] : "本轮不查", tag = section.querySelector("[data-tag]"), same = sameBox(section);
      if (tag) {
        tag.textContent = word;
        tag.className = "ql-tag" + (now === "same" ? " is-met" : now ? " is-warn" : "");
      }
      var toc = form.querySelector('[data-toc="' + section.getAttribute("data-section") + '"] .ql-end');
      if (toc) { toc.textContent = word; toc.className = "ql-end" + (now === "same" ? " txt-met" : now ? " txt-warn" : ""); }
      if (same) {
        var offer = section.querySelector("[data-same-word]");
        if (offer) offer.textContent = now === "same" ? "修改" : now === "" ? "本节无变化" : "其余无变化";
        same.parentElement.classList.toggle("btn-plain", now !== "same");
        same.parentElement.classList.toggle("btn-text", now === "same");
      }
      questionsOf.get(section).forEach(function (question) {
        question.box.classList.toggle("is-changed", question.fields.some(isAnswered));
      });
      if (!isWanted(section)) return;
      if (now) done += 1; else missing.push(section.querySelector("h2").textContent.split("、")[0]);
    });
    document.querySelectorAll("[data-done]").forEach(function (each) { each.textContent = String(done); });
    var bar = document.querySelector("[data-done-bar]");
    if (bar) bar.value = done;
    var word = document.querySelector("[data-missing]");
    if (word) word.textContent = missing.length ? "还差：" + missing.join("、") + "节" : "各节已填完";
    addUp();
  }

  /* --- the income sum, from what is typed and, where nothing is typed, what is known ------------ */
  var known = document.getElementById("known-income");
  var knownIncome = known ? JSON.parse(known.textContent) : {};
  function amount(text) {
    text = (text || "").normalize("NFKC").replace(/[,\s元人]/g, "");
    var times = /万$/.test(text) ? 10000 : 1;
    text = text.replace(/万$/, "");
    return /^\d+(\.\d+)?$/.test(text) ? Number(text) * times : null;
  }
  function money(number) { return number.toLocaleString("zh-CN", { maximumFractionDigits: 2 }); }
  function addUp() {
    var value = form.querySelector("[data-sum-value]"), text = form.querySelector("[data-sum-text]");
    if (!value) return;
    function part(name) {
      var field = form.elements["incomeyear-" + name], typed = field && field.value.trim();
      return amount(typed || knownIncome[name] || "");
    }
    var earned = ["wage_yuan", "operating_yuan", "property_yuan", "transfer_yuan"].map(part);
    var spent = part("operating_expense_yuan"), persons = part("persons_in_year");
    if (earned.concat([spent, persons]).indexOf(null) >= 0 || !persons) {
      value.textContent = ""; text.textContent = "五项收支和人口都有数后自动计算"; return;
    }
    var net = earned.reduce(function (a, b) { return a + b; }, 0) - spent;
    value.textContent = money(Math.round(net / persons * 100) / 100) + " 元";
    text.textContent = "（" + earned.map(money).join("＋") + "−" + money(spent) + "）÷ " + persons + " 人";
  }

  /* --- the way through by keys ------------------------------------------------------------------ */
  function firstField(section) { return section === last ? confirmed : fieldsOf.get(section).filter(isShown)[0]; }
  function goTo(section) {
    if (!section) { var submit = document.querySelector("[data-key='Ctrl+Enter']"); if (submit) submit.focus(); return; }
    fold(section, false);
    var target = sameBox(section) && !needed(section) ? sameBox(section) : firstField(section) || sameBox(section);
    if (target) target.focus({ preventScroll: true });
    section.scrollIntoView({ block: "nearest" });
  }
  function isOpen(section) { return isWanted(section) && !state(section); }
  function openAfter(section) {
    return sections.slice(sections.indexOf(section) + 1).filter(isOpen)[0];
  }
  form.addEventListener("change", function (event) {
    var field = event.target, section = field.closest("[data-section]");
    touched();
    if (section && field.name.indexOf("same-") === 0) {
      var mustAnswer = field.checked && needed(section) && !anyAnswered(section);
      fold(section, field.checked && state(section) === "same" && !mustAnswer);
      if (mustAnswer) { var first = firstField(section); if (first) first.focus(); }
    }
    refresh();
  });
  form.addEventListener("input", function () { touched(); refresh(); });
  form.addEventListener("focusin", function (event) {
    var section = event.target.closest("[data-section]");
    sections.forEach(function (each) { each.classList.toggle("is-now", each === section); });
  });
  document.addEventListener("keydown", function (event) {
    if (event.isComposing || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
    var active = document.activeElement || document.body;
    var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(active.tagName) && !/^(radio|checkbox)$/.test(active.type);
    if (typing) return;
    var section = active.closest("[data-section]") || sections.filter(isOpen)[0];
    if (!section) return;
    if (event.key === "0" && sameBox(section)) {
      event.preventDefault(); event.stopPropagation();
      var box = sameBox(section);
      if (!box.checked) box.click();
      if (needed(section) && !anyAnswered(section)) return;
      goTo(openAfter(section));
    } else if (/^[1-9]$/.test(event.key) && !active.closest("[data-seg]")) {
      var open = list(section.querySelectorAll("[data-seg]")).filter(function (seg) {
        return isShown(seg) && !seg.querySelector(":checked");
      })[0];
      var choice = open && open.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
      if (choice) { event.preventDefault(); event.stopPropagation(); choice.click(); choice.focus(); }
    }
  }, true);

  /* a second press on a chosen option takes the answer back */
  form.addEventListener("pointerdown", function (event) {
    var label = event.target.closest && event.target.closest("[data-seg] label");
    var radio = label && document.getElementById(label.htmlFor);
    if (!radio || !radio.checked) return;
    label.addEventListener("click", function (click) { click.preventDefault(); radio.checked = false; touched(); refresh(); }, { once: true });
  });

  /* --- the copy in this browser ----------------------------------------------------------------- */
  var PLACE = form.getAttribute("data-copy"), HELD = PLACE + ":held";
  var CARRIED = ["operation_key", "base_version", "seen", "income_year"];
  function read(place) {
    try { return JSON.parse(window.localStorage.getItem(place)); } catch (error) { return null; }
  }
  function write(place, copy) {
    try {
      if (copy) window.localStorage.setItem(place, JSON.stringify(copy)); else window.localStorage.removeItem(place);
      return true;
    } catch (error) { return false; } // full or forbidden: the draft on the server remains
  }
  function typed() {
    var found = [];
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string" && value !== "" && name !== "csrfmiddlewaretoken" && CARRIED.indexOf(name) < 0) found.push([name, value]);
    });
    return found;
  }
  function copyNow(more) {
    var copy = { at: Date.now(), typed: typed(), carried: {} };
    CARRIED.forEach(function (name) { copy.carried[name] = form.elements[name].value; });
    return Object.assign(copy, more);
  }
  function keep(more) { write(PLACE, copyNow(more)); }
  function sameTyped(one, other) { return JSON.stringify(one) === JSON.stringify(other); }
  function clock(moment) {
    var at = new Date(moment), two = function (n) { return String(n).padStart(2, "0"); };
    return (at.toDateString() === new Date().toDateString() ? "" : at.getMonth() + 1 + "月" + at.getDate() + "日 ") + two(at.getHours()) + ":" + two(at.getMinutes());
  }
  function putBack(copy) {
    var values = {};
    copy.typed.forEach(function (pair) { (values[pair[0]] = values[pair[0]] || []).push(pair[1]); });
    list(form.elements).forEach(function (field) {
      if (!field.name || field.type === "hidden" || field.type === "file" || field.tagName === "BUTTON") return;
      var given = values[field.name] || [];
      if (field.type === "radio" || field.type === "checkbox") field.checked = given.indexOf(field.value) >= 0;
      else field.value = given[0] || "";
      if (given.length && isAnswered(field)) for (var more = field.closest("details"); more; more = more.parentElement.closest("details")) more.open = true;
    });
    CARRIED.forEach(function (name) { if (copy.carried[name]) form.elements[name].value = copy.carried[name]; });
    sections.forEach(function (section) { fold(section, state(section) === "same"); });
    write(HELD, null);
    touched(); refresh();
  }
  function newKey() {
    if (window.crypto && window.crypto.randomUUID) form.elements.operation_key.value = window.crypto.randomUUID().replace(/-/g, "");
  }

  /* a note above the form with its buttons; one at a time */
  var note = form.querySelector("[data-local-note]");
  function tell(text, buttons) {
    note.hidden = !text;
    note.querySelector("[data-local-text]").textContent = text;
    var row = note.querySelector("[data-local-acts]");
    row.textContent = "";
    (buttons || []).forEach(function (each) {
      var made = document.createElement(each.href ? "a" : "button");
      if (each.href) made.href = each.href; else { made.type = "button"; made.addEventListener("click", each.act); }
      made.className = "btn btn-sm " + (each.main ? "btn-primary" : "btn-plain");
      made.textContent = each.word;
      row.append(made);
    });
  }
  function offer(copy) {
    tell("本机存有 " + clock(copy.at) + " 填写、还没有传到服务器的内容。", [
      { word: "恢复填写内容", main: true, act: function () { putBack(copy); tell(""); } },
      { word: "不要了", act: function () { write(HELD, null); tell(""); } },
    ]);
  }

  /* --- the draft on the server ------------------------------------------------------------------ */
  var dirty = false, sending = false, left = false, timer = null, keepTimer = null, waiting = null;
  function say(text) { document.querySelectorAll("[data-saved]").forEach(function (each) { each.textContent = text; }); }
  function touched() {
    dirty = true;
    if (waiting) { waiting = null; say("内容有改动，请再按提交"); }
    if (!keepTimer) keepTimer = window.setTimeout(function () { keepTimer = null; if (!left) keep(); }, KEEP_MS);
    if (!timer && !left) timer = window.setTimeout(save, AUTOSAVE_MS);
  }
  function body(copy) {
    var data = new FormData();
    data.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    Object.keys(copy.carried).forEach(function (name) { data.append(name, copy.carried[name]); });
    copy.typed.forEach(function (pair) { data.append(pair[0], pair[1]); });
    return data;
  }
  /* Resolves to the server's answer; rejects with "away" without a network, "signed-out", or "refused". */
  function post(copy) {
    return fetch(form.getAttribute("data-draft-url"), {
      method: "POST", body: body(copy), credentials: "same-origin", headers: { "X-Requested-With": "fetch" },
    }).catch(function () { throw new Error("away"); }).then(function (response) {
      if (response.redirected || response.status === 401 || response.status === 403) throw new Error("signed-out");
      if (response.status >= 500) throw new Error("away");
      if (!response.ok) throw new Error("refused");
      return response.json();
    });
  }
  function save() {
    timer = null;
    if (!dirty || sending || left) return;
    var copy = copyNow();
    dirty = false; sending = true;
    post(copy).then(function (answer) {
      sending = false;
      if (answer.check) { finished(answer.check); return; }
      if (left) return;
      say("已自动保存 " + answer.saved + "（本机和服务器）");
      if (dirty) touched(); else { keep({ kept: true }); form.dataset.changed = ""; }
    }).catch(function (error) { sending = false; dirty = true; failed(error.message); });
  }
  function failed(why) {
    var kept = write(PLACE, copyNow());
    form.dataset.changed = kept ? "" : "yes";
    if (why === "signed-out") {
      say("");
      tell("登录已过期。已填内容存在本机，重新登录后接着填。", [
        { word: "重新登录", main: true, href: form.getAttribute("data-sign-in") },
      ]);
      note.scrollIntoView({ block: "nearest" });
      return;
    }
    if (why === "refused") { say("服务器没有收下，正在重试；已填内容存在本机"); }
    else say(!kept ? "没有网络，正在重试，请不要关闭页面" : waiting ? "没有网络：已存在本机，恢复后自动提交" : "没有网络：已存在本机，恢复后自动上传");
    if (!left && !timer) timer = window.setTimeout(retry, RETRY_MS);
  }
  function retry() { timer = null; if (waiting) send(); else save(); }
  window.addEventListener("online", function () { if (timer) window.clearTimeout(timer); retry(); });
  window.addEventListener("offline", function () { if (dirty) failed("away"); });
  var result = ""; // where the submitted check is shown
  function finished(address) {
    left = true;
    result = address;
    write(PLACE, null); write(HELD, null);
    form.dataset.changed = "";
    tell("这份核查已经提交成功，没有重复记录。", [{ word: "看核查结果", main: true, href: address }]);
    say("");
  }

  /* Sending: first the server is asked, so that without a network or a sign-in nothing leaves the page. */
  var cleared = false, asking = false;
  function send() {
    if (asking || left) return;
    asking = true;
    var copy = copyNow();
    post(copy).then(function (answer) {
      asking = false;
      if (answer.check) { finished(answer.check); window.location.assign(answer.check); return; }
      var button = waiting;
      if (!button) return; // changed meanwhile
      cleared = true; waiting = null;
      keep({ sent: Date.now() });
      form.requestSubmit(button);
    }).catch(function (error) {
      asking = false;
      if (error.message === "signed-out") waiting = null;
      failed(error.message);
    });
  }
  form.addEventListener("submit", function (event) {
    if (event.defaultPrevented) return;
    var button = event.submitter, act = button && button.value;
    if (act === "submit" && result) { event.preventDefault(); window.location.assign(result); return; }
    if (act === "submit" && !cleared) {
      event.preventDefault();
      if (timer) { window.clearTimeout(timer); timer = null; }
      waiting = button;
      send();
      return;
    }
    if (act === "discard") { write(PLACE, null); write(HELD, null); }
    left = true;
    [timer, keepTimer].forEach(function (each) { if (each) window.clearTimeout(each); });
    timer = keepTimer = null;
  });
  window.addEventListener("pageshow", function () { left = false; cleared = false; });
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden" && dirty) { if (timer) window.clearTimeout(timer); save(); } });

  /* --- opening ---------------------------------------------------------------------------------- */
  function open() {
    var copy = read(PLACE), shown = typed();
    if (!copy) newKey();
    else if (form.hasAttribute("data-key-spent")) { newKey(); keep(); }
    else if (sameTyped(copy.typed, shown)) form.elements.operation_key.value = copy.carried.operation_key;
    else if (copy.kept) { write(PLACE, null); newKey(); }
    else write(HELD, copy);
    var held = read(HELD);
    if (!held) return;
    if (!held.sent) { found(held); return; }
    post(held).then(function (answer) { // it may have arrived although the answer never did
      if (answer.check) finished(answer.check); else found(held);
    }).catch(function () { found(held); });
  }
  function found(held) {
    if (form.hasAttribute("data-blank")) { putBack(held); tell("已恢复本机 " + clock(held.at) + " 填写的内容，可以接着填。"); }
    else offer(held);
  }

  sections.forEach(function (section) { fold(section, state(section) === "same"); });
  open();
  refresh();
  if (!document.querySelector("[data-focus]") && window.matchMedia("(pointer: fine)").matches) goTo(sections.filter(isOpen)[0]);
})();
