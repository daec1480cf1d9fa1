// A drawing of a graph on a canvas: forces move the nodes until they rest, the mouse moves nodes,
// view and scale. No library, nothing loaded from anywhere.
function draw(place, graph) {
  const palette = ["#4c78a8", "#f58518", "#54a24b", "#e45756", "#72b7b2", "#b279a2", "#eeca3b",
    "#9d755d", "#ff9da6", "#79706e"];
  const kinds = [...new Set(graph.nodes.map(n => n.kind))];
  const colour = kind => palette[kinds.indexOf(kind) % palette.length];
  const canvas = document.createElement("canvas");
  canvas.style.cssText = "width:100%;height:100%;display:block;cursor:grab";
  const legend = document.createElement("div");
  legend.style.cssText = "position:absolute;left:10px;top:8px;font:12px sans-serif";
  const info = document.createElement("div");
  info.style.cssText = "position:absolute;left:10px;right:10px;bottom:8px;font:12px monospace;" +
    "overflow-wrap:anywhere;max-height:30%;overflow:auto";
  place.replaceChildren(canvas, legend, info);
  for (const kind of kinds) {
    const entry = document.createElement("span");
    entry.style.cssText = "margin-right:12px;white-space:nowrap";
    const dot = document.createElement("span");
    dot.style.cssText = "display:inline-block;width:10px;height:10px;border-radius:5px;" +
      "margin-right:4px;background:" + colour(kind);
    entry.append(dot, kind || "(no label)");
    legend.append(entry);
  }
  const radius = 16, count = graph.nodes.length;
  const nodes = graph.nodes.map((node, i) => {
    const angle = i * 2.399963, distance = 30 * Math.sqrt(i + 0.5);
    return {...node, x: distance * Math.cos(angle), y: distance * Math.sin(angle), vx: 0, vy: 0};
  });
  const edges = graph.edges.map(edge => ({...edge, a: nodes[edge.from], b: nodes[edge.to]}));
  const parallel = new Map();
  for (const edge of edges) {
    const key = Math.min(edge.from, edge.to) + "-" + Math.max(edge.from, edge.to);
    edge.lane = parallel.get(key) || 0;
    parallel.set(key, edge.lane + 1);
  }
  let heat = 1, scale = 1, left = 0, top = 0;
  let held = null, grip = null, chosen = null, fitted = true;

  function step() {
    for (let i = 0; i < count; i++) {
      const p = nodes[i];
      for (let j = i + 1; j < count; j++) {
        const q = nodes[j];
        const dx = p.x - q.x, dy = p.y - q.y, d2 = dx * dx + dy * dy + 1;
        const push = 9000 * heat / d2, d = Math.sqrt(d2);
        p.vx += push * dx / d; p.vy += push * dy / d;
        q.vx -= push * dx / d; q.vy -= push * dy / d;
      }
      p.vx -= 0.015 * heat * p.x; p.vy -= 0.015 * heat * p.y;
    }
    for (const {a, b} of edges) {
      if (a === b) continue;
      const dx = b.x - a.x, dy = b.y - a.y, d = Math.hypot(dx, dy) || 1;
      const pull = 0.08 * heat * (d - 110);
      a.vx += pull * dx / d; a.vy += pull * dy / d;
      b.vx -= pull * dx / d; b.vy -= pull * dy / d;
    }
    for (const p of nodes) {
      if (p !== held) {
        p.x += Math.max(-30, Math.min(30, p.vx)); p.y += Math.max(-30, Math.min(30, p.vy));
      }
      p.vx *= 0.6; p.vy *= 0.6;
    }
    heat *= 0.985;
  }

  function fit() {
    const xs = nodes.map(n => n.x), ys = nodes.map(n => n.y), edge = 60;
    const x0 = Math.min(...xs) - edge, x1 = Math.max(...xs) + edge;
    const y0 = Math.min(...ys) - edge, y1 = Math.max(...ys) + edge;
    scale = Math.min(1.5, canvas.clientWidth / (x1 - x0), canvas.clientHeight / (y1 - y0));
    left = (x0 + x1) / 2; top = (y0 + y1) / 2;
  }

  function arrow(pen, edge, ink) {
    const {a, b} = edge;
    pen.strokeStyle = pen.fillStyle = edge === chosen ? "#e45756" : "#999";
    pen.lineWidth = 1.3;
    pen.beginPath();
    let tip, angle, middle;
    if (a === b) {
      pen.arc(a.x, a.y - radius - 10, 13, 0.7 * Math.PI, 2.3 * Math.PI);
      tip = {x: a.x + 8, y: a.y - radius + 1}; angle = 2.2; middle = {x: a.x, y: a.y - radius - 26};
    } else {
      const flip = edge.from < edge.to ? 1 : -1;
      const bend = flip * 24 * Math.ceil(edge.lane / 2) * (edge.lane % 2 ? 1 : -1);
      const dx = b.x - a.x, dy = b.y - a.y, d = Math.hypot(dx, dy) || 1;
      const cx = (a.x + b.x) / 2 - bend * dy / d, cy = (a.y + b.y) / 2 + bend * dx / d;
      angle = Math.atan2(b.y - cy, b.x - cx);
      tip = {x: b.x - radius * Math.cos(angle), y: b.y - radius * Math.sin(angle)};
      pen.moveTo(a.x, a.y); pen.quadraticCurveTo(cx, cy, tip.x, tip.y);
      middle = {x: (a.x + 2 * cx + b.x) / 4, y: (a.y + 2 * cy + b.y) / 4};
    }
    edge.middle = middle;
    pen.stroke();
    pen.beginPath();
    pen.moveTo(tip.x, tip.y);
    for (const turn of [2.7, -2.7]) {
      pen.lineTo(tip.x + 8 * Math.cos(angle + turn), tip.y + 8 * Math.sin(angle + turn));
    }
    pen.fill();
    if (edges.length <= 120) {
      pen.fillStyle = ink; pen.font = "10px sans-serif";
      pen.fillText(edge.title, middle.x, middle.y - 3);
    }
  }

  function paint() {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = canvas.clientWidth * ratio; canvas.height = canvas.clientHeight * ratio;
    if (fitted) fit();
    const ink = getComputedStyle(place).color, pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.translate(canvas.clientWidth / 2, canvas.clientHeight / 2);
    pen.scale(scale, scale); pen.translate(-left, -top);
    pen.textAlign = "center";
    for (const edge of edges) arrow(pen, edge, ink);
    for (const node of nodes) {
      pen.beginPath(); pen.arc(node.x, node.y, radius, 0, 2 * Math.PI);
      pen.fillStyle = colour(node.kind); pen.fill();
      if (node === chosen) { pen.lineWidth = 3; pen.strokeStyle = ink; pen.stroke(); }
      pen.fillStyle = ink; pen.font = "11px sans-serif";
      pen.fillText(node.title, node.x, node.y + radius + 12);
    }
  }

  let running = false;
  function run() {
    if (running) return;
    running = true;
    (function frame() {
      step(); paint();
      if (heat > 0.02 || held) requestAnimationFrame(frame); else running = false;
    })();
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return {x: (event.clientX - box.left - box.width / 2) / scale + left,
            y: (event.clientY - box.top - box.height / 2) / scale + top};
  }
  const near = (p, q, limit) => q && Math.hypot(p.x - q.x, p.y - q.y) < limit;
  canvas.onpointerdown = event => {
    const p = at(event);
    held = nodes.find(n => near(p, n, radius)) || null;
    grip = held ? null : p;
    chosen = held || edges.find(e => near(p, e.middle, 12)) || null;
    info.textContent = chosen ? chosen.text : "";
    canvas.setPointerCapture(event.pointerId);
    fitted = false;
    if (held) heat = Math.max(heat, 0.3);
    run();
  };
  canvas.onpointermove = event => {
    const p = at(event);
    if (held) { held.x = p.x; held.y = p.y; heat = Math.max(heat, 0.3); run(); }
    else if (grip) { left += grip.x - p.x; top += grip.y - p.y; paint(); }
  };
  canvas.onpointerup = canvas.onpointercancel = () => { held = grip = null; };
  canvas.ondblclick = () => { fitted = true; paint(); };
  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    fitted = false;
    const p = at(event), factor = Math.exp(-event.deltaY / 600);
    scale = Math.max(0.05, Math.min(8, scale * factor));
    left = p.x - (p.x - left) / factor; top = p.y - (p.y - top) / factor;
    paint();
  }, {passive: false});
  if (window.ResizeObserver) new ResizeObserver(paint).observe(place);
  for (let i = 0; i < 60; i++) step();
  run();
}
