/* Photographs of papers inside the check form: each file is sent by itself, with its progress, and can be
   sent again after a cut. Large photographs are made smaller first. Without this file the panel is a link to the upload page. */
(function () {
  "use strict";
  var LONGEST = 2560, SMALL_ENOUGH = 1500000;

  function key() {
    var bytes = new Uint8Array(16);
    window.crypto.getRandomValues(bytes);
    return Array.prototype.map.call(bytes, function (byte) { return (byte + 256).toString(16).slice(1); }).join("");
  }
  function make(tag, css, text) {
    var element = document.createElement(tag);
    if (css) element.className = css;
    if (text) element.textContent = text;
    return element;
  }
  /* the photograph upright and no larger than a page needs; anything else as it is */
  function smaller(file) {
    if (file.type !== "image/jpeg" || file.size < SMALL_ENOUGH || !window.createImageBitmap) return Promise.resolve(file);
    return window.createImageBitmap(file, { imageOrientation: "from-image" }).then(function (picture) {
      var scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      return new Promise(function (resolve) {
        canvas.toBlob(function (blob) { resolve(blob && blob.size < file.size ? blob : file); }, "image/jpeg", 0.85);
      });
    }).catch(function () { return file; });
  }

  function send(panel, job) {
    var list = panel.querySelector("[data-evidence-list]");
    var request = new XMLHttpRequest(), body = new FormData();
    job.fields.forEach(function (pair) { body.append(pair[0], pair[1]); });
    body.append("files", job.body, job.name);
    job.tile.textContent = "";
    var bar = make("progress");
    bar.max = 100;
    bar.value = 0;
    job.tile.append(make("span", "", list.dataset.wordSending), make("span", "mute", job.name), bar);
    request.open("POST", panel.dataset.evidence);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", function (event) {
      if (event.lengthComputable) bar.value = Math.round((event.loaded / event.total) * 100);
    });
    request.addEventListener("load", function () {
      var answer = {};
      try { answer = JSON.parse(request.responseText); } catch (error) { answer = {}; }
      if (request.status === 201 && answer.items) arrived(job.tile, answer.items[0], list.dataset.wordSent);
      else if (request.status === 422 && answer.errors) refused(job.tile, job.name, answer.errors);
      else again(panel, job);
    });
    request.addEventListener("error", function () { again(panel, job); });
    request.addEventListener("timeout", function () { again(panel, job); });
    request.timeout = 180000;
    request.send(body);
  }
  function arrived(tile, item, word) {
    var link = make("a");
    link.href = item.url;
    link.target = "_blank";
    link.rel = "noopener";
    if (item.thumb) {
      var picture = make("img");
      picture.src = item.thumb;
      picture.alt = "";
      link.append(picture);
    } else link.append(make("b", "ql-photo-file", "PDF"));
    link.append(make("span", "", item.title), make("span", "txt-met", word));
    tile.textContent = "";
    tile.append(link);
  }
  function refused(tile, name, errors) {
    tile.textContent = "";
    tile.append(make("span", "mute", name));
    Object.keys(errors).forEach(function (field) {
      errors[field].forEach(function (text) { tile.append(make("p", "invalid-feedback d-block", text)); });
    });
  }
  function again(panel, job) {
    var button = make("button", "", panel.querySelector("[data-evidence-list]").dataset.wordFailed);
    button.type = "button";
    button.addEventListener("click", function () { send(panel, job); });
    job.tile.textContent = "";
    job.tile.append(make("span", "mute", job.name), button);
  }

  function take(panel, file) {
    var member = panel.querySelector("[data-evidence-member]");
    var token = document.querySelector("input[name=csrfmiddlewaretoken]");
    var tile = make("li", "ql-photo");
    panel.querySelector("[data-evidence-list]").prepend(tile);
    var fields = [
      ["kind", panel.querySelector("[data-evidence-kind]").value],
      ["theme", panel.dataset.theme],
      ["member", member ? member.value : ""],
      ["operation_key", key()],
      ["csrfmiddlewaretoken", token ? token.value : ""],
    ];
    smaller(file).then(function (body) {
      send(panel, { fields: fields, body: body, name: file.name, tile: tile });
    });
  }

  document.querySelectorAll("[data-evidence]").forEach(function (panel) {
    panel.querySelector("[data-evidence-pick]").hidden = false;
    panel.addEventListener("change", function (event) { event.stopPropagation(); });  // no answer of the form
    panel.querySelectorAll("[data-evidence-file]").forEach(function (input) {
      input.addEventListener("change", function () {
        Array.prototype.forEach.call(input.files, function (file) { take(panel, file); });
        input.value = "";
      });
    });
  });
})();
