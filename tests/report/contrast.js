// Contrast of every shown text against what it stands on: the nearest backgrounds, laid over each other.
// A canvas turns any CSS color into bytes. Returns [ratio, element, text] for each.
const pen = Object.assign(document.createElement("canvas"), {width: 1, height: 1}).getContext("2d", {willReadFrequently: true});
const bytes = color => { pen.clearRect(0, 0, 1, 1); pen.fillStyle = color; pen.fillRect(0, 0, 1, 1); return [...pen.getImageData(0, 0, 1, 1).data]; };
const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] / 255 + below[i] * (1 - top[3] / 255));
const light = rgb => { const [r, g, b] = rgb.map(c => (c /= 255) <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
const behind = element => { const found = []; for (let e = element; e; e = e.parentElement) found.push(bytes(getComputedStyle(e).backgroundColor)); return found.reverse().reduce((below, top) => over(top, below), [255, 255, 255]); };
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = [];
while (texts.nextNode()) {
  const element = texts.currentNode.parentElement, style = getComputedStyle(element);
  if (!texts.currentNode.data.trim() || !element.getClientRects().length || ["SCRIPT", "STYLE", "title", "desc"].includes(element.tagName)) continue;
  let ground = behind(element);
  if (element.tagName === "text" && (element.matches(".name, .shape") || element.closest("svg").querySelector(".block")))
    ground = over(bytes(getComputedStyle(document.querySelector("svg .block")).fill), ground);
  const ink = over(bytes(element instanceof SVGElement ? style.fill : style.color), ground);
  const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
  seen.push([(a + .05) / (b + .05), element.tagName + "." + (element.getAttribute("class") || ""), texts.currentNode.data.trim().slice(0, 40)]);
}
return seen;
