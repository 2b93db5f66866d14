"use strict";
// Charts of a page, drawn when asked for, in the tone of the reader's scheme.
const CHARTS = JSON.parse(document.getElementById("chart-data").textContent);
const shown = {};
let printing = false;

function tone(doc) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches && !printing;
  const ink = dark ? "#aab3bd" : "#59626d";
  for (const model of doc._all_models.values()) {
    if (model.major_label_text_color !== undefined) {
      model.major_label_text_color = ink;
      model.axis_label_text_color = ink;
    } else if (model.grid_line_color) model.grid_line_color = ink;
  }
}
function draw(name, place) {
  const item = CHARTS[name];
  if (!item || shown[name]) return shown[name];
  shown[name] = Bokeh.embed.embed_item(Object.assign({}, item, {target_id: place})).then((views) => {
    const root = views.roots ? views.roots[0] : [...views][0];
    const doc = root.model.document;
    tone(doc);
    if (matchMedia("(pointer: coarse)").matches) {
      // a finger that moves over a chart wants to scroll the page
      for (const model of doc._all_models.values()) if ("active_drag" in model) model.active_drag = null;
    }
    delete CHARTS[name];
    return doc;
  });
  return shown[name];
}
function followScheme() {
  const retone = () => Object.values(shown).forEach((ready) => ready.then(tone));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retone);
  for (const [name, begins] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(name, () => {
      printing = begins;
      retone();
    });
  }
}
