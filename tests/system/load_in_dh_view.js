// SPDX-License-Identifier: MIT
// node load_in_dh_view.js DH_VIEW_JS FILE: lets Valgrind's DHAT viewer build and show its tree of
// FILE, in a page that is just good enough for it, and prints what it shows.
"use strict";
const fs = require("fs");
const vm = require("vm");

class Element {
  constructor() {
    this.text = "";
    this.children = [];
    this.classList = { add() {}, toggle() {}, contains: () => false, length: 0 };
    this.options = [];
    this.selectedIndex = 0;
    this.style = {};
  }
  appendChild(child) {
    this.children.push(child);
    child.parent = this;
    return child;
  }
  cloneNode() { return new Element(); }
  get parentNode() { return this.parent; }
  replaceChild(now, before) { this.appendChild(now); this.removeChild(before); }
  get firstChild() { return this.children[0]; }
  get childNodes() { return this.children; }
  removeChild(child) { this.children = this.children.filter((each) => each !== child); }
  set textContent(text) { this.text = text; }
  set innerHTML(text) { this.text = text; this.children = []; }
  shown() { return this.text + this.children.map((child) => child.shown()).join(""); }
}

const body = new Element();
const page = {
  body,
  title: "",
  createElement: () => new Element(),
  createTextNode: (text) => Object.assign(new Element(), { text }),
  getElementById: () => new Element(),
};
const context = vm.createContext({
  document: page, window: {}, performance, console, Intl, location: { search: "" }, alert: console.log,
});
vm.runInContext(fs.readFileSync(process.argv[2], "utf8"), context);
context.json = fs.readFileSync(process.argv[3], "utf8");
vm.runInContext(`
  gSelect = document.createElement("select");
  gSelectData.forEach(() => gSelect.appendChild(document.createElement("option")));
  gMainDiv = document.body.appendChild(document.createElement("div"));
  gTimingsDiv = document.body.appendChild(document.createElement("div"));
  gFilename = "it";
  gData = JSON.parse(json);
  buildTree();
  displayTree(0, 0, 0);
`, context);
console.log(vm.runInContext("gMainDiv", context).shown());
