"""Growth: a plot of figures by size as SVG, both axes logarithmic, a panel a store."""
import math
from xml.sax.saxutils import escape

COLOURS = ["#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#bf3989", "#57606a", "#0a7d91", "#bc4c00"]
WIDTH, HEIGHT, LEFT, TOP, GAP, LABELS = 380, 380, 64, 48, 40, 150


def draw(series):
    """{store: {name: [(size, milliseconds)]}} as the text of an SVG file."""
    points = [point for lines in series.values() for line in lines.values() for point in line]
    if not points:
        return '<svg xmlns="http://www.w3.org/2000/svg"/>\n'
    names = list(dict.fromkeys(name for lines in series.values() for name in lines))
    low_x, high_x = math.log10(min(size for size, _ in points)), math.log10(max(size for size, _ in points))
    low_y, high_y = (edge(math.log10(extreme(max(ms, 1e-3) for _, ms in points)))
                     for edge, extreme in ((math.floor, min), (math.ceil, max)))
    high_y = max(high_y, low_y + 1)

    def x_of(panel, size):
        share = 0.5 if high_x == low_x else (math.log10(size) - low_x) / (high_x - low_x)
        return LEFT + panel * (WIDTH + LABELS + GAP) + share * WIDTH

    def y_of(milliseconds):
        return TOP + HEIGHT * (1 - (math.log10(max(milliseconds, 1e-3)) - low_y) / (high_y - low_y))

    total = LEFT + len(series) * (WIDTH + LABELS + GAP)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{total}" height="{TOP + HEIGHT + 56}" font-family="sans-serif" font-size="12">',
           f'<rect width="{total}" height="{TOP + HEIGHT + 56}" fill="white"/>']
    for panel, (store, lines) in enumerate(series.items()):
        left, right = LEFT + panel * (WIDTH + LABELS + GAP), LEFT + panel * (WIDTH + LABELS + GAP) + WIDTH
        out.append(f'<text x="{left}" y="24" font-size="15" font-weight="bold">{escape(store)}: milliseconds by documents</text>')
        for power in range(low_y, high_y + 1):
            y = y_of(10.0**power)
            out.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#d0d7de"/>')
            out.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
        for size in sorted({size for line in lines.values() for size, _ in line}):
            x = x_of(panel, size)
            out.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + HEIGHT}" stroke="#eaeef2"/>')
            out.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 20}" text-anchor="middle">{size:,}</text>')
        # Labels beside the last points, pushed apart where they would meet.
        below = TOP - 14.0
        for name, line in sorted(lines.items(), key=lambda each: y_of(each[1][-1][1])):
            colour = COLOURS[names.index(name) % len(COLOURS)]
            path = " ".join(f"{x_of(panel, size):.1f},{y_of(ms):.1f}" for size, ms in line)
            out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
            out += [f'<circle cx="{x_of(panel, size):.1f}" cy="{y_of(ms):.1f}" r="3" fill="{colour}"/>' for size, ms in line]
            below = max(below + 14, y_of(line[-1][1]))
            factor = line[-1][1] / max(line[0][1], 1e-3)
            out.append(f'<text x="{right + 8}" y="{below + 4:.1f}" fill="{colour}">{escape(name)} (x {factor:.3g})</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
