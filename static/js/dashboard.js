/* The monthly report's form: a line's own number shows only where 另报数 is chosen; one button
   confirms every computed figure. Without this script all fields are simply visible. */
(function () {
  "use strict";
  var form = document.getElementById("filing");
  if (!form) return;

  function explanation(key) {
    return form.querySelector('[data-explain="' + CSS.escape(key) + '"]');
  }
  function show(line) {
    var row = explanation(line.getAttribute("data-line"));
    var own = line.querySelector('input[type=radio][value="OWN"]');
    if (row && own) row.hidden = !own.checked;
  }
  form.querySelectorAll("[data-line]").forEach(show);
  form.addEventListener("change", function (event) {
    var line = event.target.closest("[data-line]");
    if (!line) return;
    show(line);
    var row = explanation(line.getAttribute("data-line"));
    if (event.target.value === "OWN" && row) row.querySelector("input, textarea").focus();
  });

  var all = form.querySelector("[data-confirm-lines]");
  if (!all) return;
  all.hidden = false;
  all.addEventListener("click", function () {
    form.querySelectorAll("[data-line]").forEach(function (line) {
      var confirm = line.querySelector('input[type=radio][value="CONFIRM"]');
      if (confirm && !line.querySelector("input[type=radio]:checked")) { confirm.checked = true; show(line); }
    });
    form.dataset.changed = "yes";
  });
})();
