/* The interface's own script: plain JavaScript, no build, no inline handlers. Pages work without it.
   Behaviour hangs on data- attributes; each block below names its own. Floor: Chrome 86. */
(function () {
  "use strict";
  var doc = document;

  function on(type, selector, handler) {
    doc.addEventListener(type, function (event) {
      var target = event.target.closest ? event.target.closest(selector) : null;
      if (target) handler(target, event);
    });
  }

  /* data-menu: the menu of the phone */
  on("click", "[data-menu]", function (button, event) {
    var menu = doc.getElementById("menu");
    if (!menu) return;
    event.preventDefault();
    var open = menu.classList.toggle("is-open");
    doc.querySelectorAll("[data-menu]").forEach(function (each) { each.setAttribute("aria-expanded", String(open)); });
    if (open) { var first = menu.querySelector("a"); if (first) first.focus(); }
  });
  doc.addEventListener("click", function (event) {
    var menu = doc.getElementById("menu");
    if (menu && menu.classList.contains("is-open") && !menu.contains(event.target) && !event.target.closest("[data-menu]")) menu.classList.remove("is-open");
    doc.querySelectorAll("details[data-picker][open]").forEach(function (picker) { if (!picker.contains(event.target)) picker.open = false; });
  });

  doc.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    var menu = doc.getElementById("menu");
    if (menu) menu.classList.remove("is-open");
    doc.querySelectorAll("details[data-picker][open]").forEach(function (picker) { picker.open = false; picker.querySelector("summary").focus(); });
  });

  /* data-file-pick: a file field in our own words; without script the browser's own shows */
  doc.querySelectorAll("[data-file-pick]").forEach(function (box) {
    var input = box.querySelector("input"), name = box.querySelector("span");
    box.classList.add("is-on");
    box.querySelectorAll("[hidden]").forEach(function (each) { each.hidden = false; });
    input.addEventListener("change", function () {
      var names = Array.prototype.map.call(input.files, function (file) { return file.name; });
      name.textContent = names.join("，") || box.getAttribute("data-none");
    });
  });

  /* data-dismiss, data-print, data-back */
  on("click", "[data-dismiss]", function (button) { button.parentElement.remove(); });
  on("click", "[data-print]", function () { window.print(); });
  on("click", "[data-back]", function (link, event) {
    if (window.history.length > 1 && doc.referrer.indexOf(window.location.origin) === 0) { event.preventDefault(); window.history.back(); }
  });

  /* data-dialog="id" opens a <dialog>, data-close closes the one around it */
  function openDialog(dialog) {
    if (dialog.showModal) dialog.showModal(); else dialog.setAttribute("open", "");
  }
  on("click", "[data-dialog]", function (button, event) {
    var dialog = doc.getElementById(button.getAttribute("data-dialog"));
    if (dialog) { event.preventDefault(); openDialog(dialog); }
  });
  on("click", "dialog [data-close]", function (button) {
    var dialog = button.closest("dialog");
    if (dialog.close) dialog.close(); else dialog.removeAttribute("open");
  });

  /* data-confirm="批量退回 5 份？" on a form or its button; data-confirm-text, data-confirm-yes-label="退回 5 份", data-confirm-danger.
     {n} stands for the number of rows picked in the list. */
  function confirmWith(source, proceed) {
    var dialog = doc.getElementById("confirm");
    var picked = doc.querySelectorAll("[data-pick]:checked").length;
    var fill = function (text) { return (text || "").replace("{n}", String(picked)); };
    if (!dialog) { if (window.confirm(fill(source.getAttribute("data-confirm")))) proceed(); return; }
    dialog.querySelector("#confirm-title").textContent = fill(source.getAttribute("data-confirm"));
    var body = dialog.querySelector("[data-confirm-body]");
    body.textContent = fill(source.getAttribute("data-confirm-text"));
    body.hidden = !body.textContent;
    var old = dialog.querySelector("[data-confirm-yes]");
    var yes = old.cloneNode(false);
    yes.textContent = fill(source.getAttribute("data-confirm-yes-label")) || "确定";
    yes.className = source.hasAttribute("data-confirm-danger") ? "btn btn-danger" : "btn btn-primary";
    old.replaceWith(yes);
    yes.addEventListener("click", function () { dialog.close(); proceed(); });
    openDialog(dialog);
  }
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    var source = event.submitter && event.submitter.hasAttribute("data-confirm") ? event.submitter : form;
    if (!source.hasAttribute("data-confirm")) return;
    if (source.dataset.confirmed) { delete source.dataset.confirmed; return; }
    event.preventDefault();
    event.stopImmediatePropagation();
    var submitter = event.submitter;
    confirmWith(source, function () {
      source.dataset.confirmed = "yes";
      if (form.requestSubmit) form.requestSubmit(submitter || undefined); else form.submit();
    });
  }, true);
  doc.addEventListener("htmx:confirm", function (event) {
    var source = event.target;
    if (!source.hasAttribute || !source.hasAttribute("data-confirm") || source.tagName === "FORM") return;
    event.preventDefault();
    confirmWith(source, function () { event.detail.issueRequest(true); });
  });

  /* A form that writes is sent once: its buttons rest until the page changes. data-many allows more. */
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (event.defaultPrevented || form.method !== "post" || form.hasAttribute("data-many")) return;
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.dataset.sent = "yes";
    form.dataset.changed = "";
    var submitter = event.submitter;
    window.setTimeout(function () {
      form.querySelectorAll("button[type=submit], button:not([type])").forEach(function (button) { button.classList.add("is-busy"); button.setAttribute("aria-disabled", "true"); });
      if (submitter && !submitter.querySelector(".ql-spin")) { var spin = doc.createElement("span"); spin.className = "ql-spin"; submitter.prepend(spin); }
    }, 0);
    window.setTimeout(function () { release(form); }, 30000);
  });
  function release(form) {
    delete form.dataset.sent;
    form.querySelectorAll(".is-busy").forEach(function (button) {
      button.classList.remove("is-busy"); button.removeAttribute("aria-disabled");
      var spin = button.querySelector(".ql-spin"); if (spin) spin.remove();
    });
  }
  window.addEventListener("pageshow", function () { doc.querySelectorAll("form[data-sent]").forEach(release); });
  doc.addEventListener("htmx:afterRequest", function (event) { var form = event.target.closest && event.target.closest("form"); if (form) release(form); });

  /* Copies of unsent forms in this browser: "ql-check:<user>:<household>". They go when the page says so
     (data-forget-copy), on signing out (data-forget-copies: the user's own) and after seven days. */
  var COPY_DAYS = 7;
  function forget(isOld) {
    try {
      Object.keys(window.localStorage).filter(function (name) { return name.indexOf("ql-check:") === 0 && isOld(name); })
        .forEach(function (name) { window.localStorage.removeItem(name); });
    } catch (error) { /* no storage, nothing kept */ }
  }
  forget(function (name) {
    try { return !(JSON.parse(window.localStorage.getItem(name)).at > Date.now() - COPY_DAYS * 86400000); } catch (error) { return true; }
  });
  doc.querySelectorAll("[data-forget-copy]").forEach(function (each) {
    forget(function (name) { return (name + ":").indexOf(each.getAttribute("data-forget-copy") + ":") === 0; });
  });
  on("submit", "form[data-forget-copies]", function (form) {
    forget(function (name) { return name.indexOf(form.getAttribute("data-forget-copies")) === 0; });
  });

  /* data-guard on a form: warn before leaving with changes that were not sent */
  on("change", "form[data-guard]", function (form) { form.dataset.changed = "yes"; });
  on("input", "form[data-guard]", function (form) { form.dataset.changed = "yes"; });
  window.addEventListener("beforeunload", function (event) {
    if (doc.querySelector('form[data-guard][data-changed="yes"]')) { event.preventDefault(); event.returnValue = ""; }
  });

  /* Enter in a query bar sends it (native); data-autosubmit sends on change where htmx does not */
  on("change", "form[data-autosubmit]", function (form) {
    if (!form.hasAttribute("hx-get")) { if (form.requestSubmit) form.requestSubmit(); else form.submit(); }
  });

  /* Keys. data-key="Ctrl+s" (also "/", "PageDown", "Ctrl+Enter", "0") presses or focuses the element.
     Digits choose in the segment that has the focus (data-seg); Enter moves to the next field (data-enter-next). */
  function keyName(event) {
    return (event.ctrlKey || event.metaKey ? "Ctrl+" : "") + (event.altKey ? "Alt+" : "") + (event.key.length === 1 ? event.key.toLowerCase() : event.key);
  }
  function isTyping(element) {
    return /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName) && !/^(radio|checkbox|button|submit)$/.test(element.type || "") || element.isContentEditable;
  }
  doc.addEventListener("keydown", function (event) {
    if (event.isComposing || event.defaultPrevented || doc.querySelector("dialog[open]")) return;
    var active = doc.activeElement || doc.body;
    var seg = active.closest("[data-seg]");
    if (seg && /^[1-9]$/.test(event.key) && !event.ctrlKey && !event.altKey) {
      var choice = seg.querySelectorAll("input[type=radio]:not(:disabled)")[Number(event.key) - 1];
      if (choice) { event.preventDefault(); choice.click(); choice.focus(); next(choice); }
      return;
    }
    if (event.key === "Enter" && !event.ctrlKey && active.closest("[data-enter-next]") && /^(INPUT|SELECT)$/.test(active.tagName) && active.type !== "submit") {
      event.preventDefault(); next(active); return;
    }
    if (isTyping(active) && !event.ctrlKey && !/^Page|^F\d/.test(event.key)) return;
    var name = keyName(event);
    var target = Array.prototype.find.call(doc.querySelectorAll("[data-key]"), function (each) {
      return each.getAttribute("data-key").toLowerCase() === name.toLowerCase() && each.offsetParent !== null && !each.disabled;
    });
    if (!target) return;
    event.preventDefault();
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) target.focus(); else target.click();
  });
  function next(element) {
    var scope = element.closest("form") || doc;
    var fields = Array.prototype.filter.call(scope.querySelectorAll("input:not([type=hidden]), select, textarea, button[type=submit]"), function (each) {
      return !each.disabled && each.offsetParent !== null && !each.closest("details:not([open])") && (each.type !== "radio" || each.name !== element.name);
    });
    var position = fields.findIndex(function (each) { return element.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING; });
    var following = fields[position];
    if (following && following.type === "radio") following = scope.querySelector('input[name="' + CSS.escape(following.name) + '"]:checked') || following;
    if (following) following.focus();
  }

  /* data-pick: tick boxes of a list; data-pick-all ticks the page; data-picked shows the number */
  function countPicked() {
    var number = doc.querySelectorAll("[data-pick]:checked").length;
    doc.querySelectorAll("[data-picked]").forEach(function (each) { each.textContent = String(number); });
    doc.querySelectorAll("[data-needs-pick]").forEach(function (each) { each.disabled = number === 0; });
  }
  on("change", "[data-pick-all]", function (all) {
    doc.querySelectorAll("[data-pick]").forEach(function (each) { each.checked = all.checked; mark(each); });
    countPicked();
  });
  on("change", "[data-pick]", function (each) { mark(each); countPicked(); });
  function mark(box) { var row = box.closest("tr"); if (row) row.classList.toggle("is-picked", box.checked); }

  /* data-pick-search narrows the area picker */
  on("input", "[data-pick-search]", function (input) {
    var text = input.value.trim();
    input.closest(".ql-pick").querySelectorAll("li").forEach(function (item) {
      var link = item.querySelector("a");
      item.hidden = Boolean(text) && item.textContent.indexOf(text) < 0 && (link.getAttribute("data-code") || "").indexOf(text) < 0;
    });
  });

  /* sign-in: data-fill-username, data-caps */
  on("click", "[data-fill-username]", function (button) {
    var name = doc.getElementById("id_username"), word = doc.getElementById("id_password");
    if (name) name.value = button.getAttribute("data-fill-username");
    if (word && button.hasAttribute("data-fill-password")) word.value = button.getAttribute("data-fill-password");
    if (word) word.focus();
  });
  doc.addEventListener("keyup", function (event) {
    var caps = doc.querySelector("[data-caps]");
    if (caps && event.getModifierState) caps.hidden = !event.getModifierState("CapsLock");
  });

  /* charts: <div class="ql-echart" data-chart="id of a json_script" data-chart-src="…/echarts.min.js"> */
  var FONT = getComputedStyle(doc.documentElement).getPropertyValue("--ql-font");
  var COLOURS = ["#1e50a2", "#6b7785", "#c27a00", "#1f8a4c", "#c9302c", "#9db8de"];
  var loading = null;
  function withECharts(address, done) {
    if (window.echarts) { done(); return; }
    if (!loading) {
      loading = new Promise(function (resolve, reject) {
        var script = doc.createElement("script");
        script.src = address; script.onload = resolve; script.onerror = reject;
        doc.head.appendChild(script);
      });
    }
    loading.then(done);
  }
  function mountChart(box) {
    var data = doc.getElementById(box.getAttribute("data-chart"));
    if (!data || box.dataset.mounted) return;
    box.dataset.mounted = "yes";
    var option = JSON.parse(data.textContent);
    withECharts(box.getAttribute("data-chart-src"), function () {
      var chart = window.echarts.init(box, null, { renderer: "canvas" });
      var base = {
        color: COLOURS, animation: false, textStyle: { fontFamily: FONT, fontSize: 12, color: "#465362" },
        grid: { left: 8, right: 24, top: 24, bottom: 28, containLabel: true },
        legend: { bottom: 0, itemWidth: 18, itemHeight: 8, textStyle: { color: "#465362" } },
        tooltip: { trigger: "axis", renderMode: "richText", confine: true },
      };
      Object.keys(base).forEach(function (key) {
        if (option[key] === undefined) option[key] = base[key];
        else if (option[key] && typeof option[key] === "object" && !Array.isArray(option[key])) option[key] = Object.assign({}, base[key], option[key]);
      });
      chart.setOption(option);
      chart.on("click", function (point) {
        var url = point.data && point.data.url || (option.urls && option.urls[point.dataIndex]);
        if (url) window.location.assign(url);
      });
      window.addEventListener("resize", function () { chart.resize(); });
      window.addEventListener("beforeprint", function () { chart.resize(); });
    });
  }

  /* everything that is set up when a piece of page arrives */
  function setUp(root) {
    root.querySelectorAll("[data-chart]").forEach(mountChart);
    if (window.matchMedia("(pointer: coarse)").matches) {
      root.querySelectorAll("input[data-date]").forEach(function (each) { if (/^(\d{4}-\d\d-\d\d)?$/.test(each.value)) each.type = "date"; });
      root.querySelectorAll("input[data-month]").forEach(function (each) { if (/^(\d{4}-\d\d)?$/.test(each.value)) each.type = "month"; });
    }
    countPicked();
  }
  doc.addEventListener("htmx:load", function (event) { if (event.target !== doc.body) setUp(event.target); });
  setUp(doc);
  var errors = doc.querySelector("[data-focus]");
  if (errors && !doc.body.classList.contains("ql-sampler")) errors.focus();

  /* htmx: say readably what went wrong */
  function offline(text) {
    var old = doc.querySelector(".ql-offline"); if (old) old.remove();
    var box = doc.createElement("div");
    box.className = "ql-toast is-not ql-offline"; box.setAttribute("role", "alert");
    var word = doc.createElement("div"); word.className = "grow"; word.textContent = text;
    var close = doc.createElement("button"); close.type = "button"; close.className = "ql-x"; close.textContent = "×"; close.setAttribute("data-dismiss", ""); close.setAttribute("aria-label", "关闭");
    box.append(word, close); doc.body.appendChild(box); return box;
  }
  /* data-idle="1800": two minutes before the sign-in ends, offer to stay */
  var idle = doc.querySelector("[data-idle]"), idleTimer = 0;
  function watchIdle() {
    if (!idle) return;
    window.clearTimeout(idleTimer);
    idleTimer = window.setTimeout(function () {
      var box = offline("2 分钟后将自动退出，请先暂存。");
      var stay = doc.createElement("button"); stay.type = "button"; stay.className = "btn btn-plain btn-sm"; stay.textContent = "继续使用";
      stay.addEventListener("click", function () {
        window.fetch(window.location.href, { method: "HEAD", credentials: "same-origin" }).then(function () { box.remove(); watchIdle(); });
      });
      box.insertBefore(stay, box.lastChild);
    }, Math.max(Number(idle.getAttribute("data-idle")) - 120, 60) * 1000);
  }
  watchIdle();
  doc.addEventListener("htmx:afterRequest", watchIdle);

  /* a whole page where a piece was expected: signed out, or sent elsewhere; go there */
  doc.addEventListener("htmx:beforeSwap", function (event) {
    var xhr = event.detail.xhr;
    if (!/^\s*<!doctype/i.test(xhr.responseText || "")) return;
    event.detail.shouldSwap = false;
    if (xhr.responseURL && xhr.status < 400) window.location.assign(xhr.responseURL.indexOf("login") > 0 ? window.location.href : xhr.responseURL);
  });
  doc.addEventListener("htmx:sendError", function () { offline("没有连上服务器，请稍后重试。已填内容还在页面上。"); });
  doc.addEventListener("htmx:timeout", function () { offline("服务器没有按时回答，请稍后重试。"); });
  doc.addEventListener("htmx:responseError", function (event) {
    var status = event.detail.xhr.status;
    if (status === 401 || status === 403) offline("登录已过期或没有权限，请刷新页面。");
    else offline("操作没有完成（" + status + "），请稍后重试。");
  });
})();
