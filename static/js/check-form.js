/* The household check: folding, progress, the income sum, and the draft that keeps itself.
   Everything typed goes to the server only; nothing personal is kept in the browser. The form works without this file. */
(function () {
  "use strict";
  var form = document.querySelector("form[data-check]");
  if (!form) return;
  var sections = Array.prototype.slice.call(form.querySelectorAll("[data-section]"));
  var AUTOSAVE_MS = 5000;
  var RETRY_MS = 15000;
  var dirty = false, sending = false, left = false, timer = null;

  function sameBox(section) { return section.querySelector("input[name^='same-']"); }
  function fields(section) {
    return Array.prototype.filter.call(section.querySelectorAll("input, select, textarea"), function (field) {
      return field.type !== "hidden" && field.name.indexOf("same-") !== 0;
    });
  }
  function isAnswered(field) {
    return field.type === "radio" || field.type === "checkbox" ? field.checked : field.value.trim() !== "";
  }
  function state(section) {
    var answered = fields(section).some(isAnswered), same = sameBox(section);
    if (section.getAttribute("data-section") === "9") return form.elements.confirmed.checked ? "changed" : "";
    if (same && same.checked) return answered ? "mixed" : "same";
    return answered ? "changed" : "";
  }
  var WORDS = { same: "无变化", mixed: "有变化", changed: "已填", "": "未填" };

  function fold(section, closed) {
    var body = section.querySelector("[data-body]");
    if (!body || section.querySelector(".invalid-feedback")) closed = false;
    if (body) body.hidden = closed;
    section.classList.toggle("is-open", !closed);
  }
  function needed(section) { return section.querySelector(".ql-q-t .ql-req, .ql-mem .txt-warn"); }

  function refresh() {
    var done = 0, missing = [];
    sections.forEach(function (section) {
      var now = state(section), tag = section.querySelector("[data-tag]"), same = sameBox(section);
      if (tag) {
        tag.textContent = WORDS[now];
        tag.className = "ql-tag" + (now === "same" ? " is-met" : now ? " is-warn" : "");
      }
      var toc = form.querySelector('[data-toc="' + section.getAttribute("data-section") + '"] .ql-end');
      if (toc) { toc.textContent = WORDS[now]; toc.className = "ql-end" + (now === "same" ? " txt-met" : now ? " txt-warn" : ""); }
      if (same) {
        var word = section.querySelector("[data-same-word]");
        if (word) word.textContent = now === "same" ? "修改" : now === "" ? "本节无变化" : "其余无变化";
        same.parentElement.classList.toggle("btn-plain", now !== "same");
        same.parentElement.classList.toggle("btn-text", now === "same");
      }
      fields(section).forEach(function (field) {
        var question = field.closest(".ql-q");
        if (question && !question.hasAttribute("data-sum")) question.classList.toggle("is-changed", fields(question).some(isAnswered));
      });
      if (now) done += 1; else missing.push(section.querySelector("h2").textContent.split("、")[0]);
    });
    document.querySelectorAll("[data-done]").forEach(function (each) { each.textContent = String(done); });
    var bar = document.querySelector("[data-done-bar]");
    if (bar) bar.value = done;
    var word = document.querySelector("[data-missing]");
    if (word) word.textContent = missing.length ? "还差：" + missing.join("、") + "节" : "各节已填完";
    addUp();
  }

  /* the income sum, from what is typed and, where nothing is typed, what is known */
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

  /* one act says that nothing changed, then the next open section has the focus */
  function firstField(section) {
    return fields(section).filter(function (field) { return field.offsetParent !== null && !field.disabled; })[0];
  }
  function goTo(section) {
    if (!section) { var submit = document.querySelector("[data-key='Ctrl+Enter']"); if (submit) submit.focus(); return; }
    sections.forEach(function (each) { each.classList.toggle("is-now", each === section); });
    fold(section, false);
    var target = sameBox(section) && !needed(section) ? sameBox(section) : firstField(section) || sameBox(section);
    if (target) target.focus({ preventScroll: true });
    section.scrollIntoView({ block: "nearest" });
  }
  function openAfter(section) {
    return sections.slice(sections.indexOf(section) + 1).filter(function (each) { return !state(each); })[0];
  }
  form.addEventListener("change", function (event) {
    var field = event.target, section = field.closest("[data-section]");
    touched();
    if (section && field.name.indexOf("same-") === 0) {
      var mustAnswer = field.checked && needed(section) && !fields(section).some(isAnswered);
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
    var section = active.closest("[data-section]") || sections.filter(function (each) { return !state(each); })[0];
    if (!section) return;
    if (event.key === "0" && sameBox(section)) {
      event.preventDefault(); event.stopPropagation();
      var box = sameBox(section);
      if (!box.checked) box.click();
      if (!section.querySelector("[data-body]").hidden && needed(section)) return;
      goTo(openAfter(section));
    } else if (/^[1-9]$/.test(event.key) && !active.closest("[data-seg]")) {
      var open = Array.prototype.filter.call(section.querySelectorAll("[data-seg]"), function (seg) {
        return seg.offsetParent !== null && !seg.querySelector(":checked");
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

  /* the draft keeps itself on the server every few seconds */
  function say(text) { document.querySelectorAll("[data-saved]").forEach(function (each) { each.textContent = text; }); }
  function touched() {
    dirty = true;
    if (!timer && !left) timer = window.setTimeout(save, AUTOSAVE_MS);
  }
  function save() {
    timer = null;
    if (!dirty || sending || left) return;
    dirty = false; sending = true;
    fetch(form.getAttribute("data-draft-url"), {
      method: "POST", body: new FormData(form), credentials: "same-origin", headers: { "X-Requested-With": "fetch" },
    }).then(function (response) {
      if (!response.ok || response.redirected) throw new Error(String(response.status));
      return response.json();
    }).then(function (answer) {
      sending = false;
      if (answer.saved) say("已自动保存 " + answer.saved + "（服务器）");
      if (dirty) touched(); else form.dataset.changed = "";
    }).catch(function () {
      sending = false; dirty = true;
      say("没有保存上，正在重试。已填内容还在页面上");
      if (!left) timer = window.setTimeout(save, RETRY_MS);
    });
  }
  form.addEventListener("submit", function (event) {
    if (event.defaultPrevented) return;
    left = true;
    if (timer) { window.clearTimeout(timer); timer = null; }
  });
  window.addEventListener("pageshow", function () { left = false; });
  document.addEventListener("visibilitychange", function () { if (document.visibilityState === "hidden" && dirty) { if (timer) window.clearTimeout(timer); save(); } });

  sections.forEach(function (section) { fold(section, state(section) === "same"); });
  refresh();
  if (!document.querySelector("[data-focus]") && window.matchMedia("(pointer: fine)").matches) goTo(sections.filter(function (each) { return !state(each); })[0]);
})();
