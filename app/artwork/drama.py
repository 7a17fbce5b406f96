"""The Shawshank Redemption, Forrest Gump, Whiplash, Parasite."""

import math

from app.artwork.canvas import Sheet, chance, circle, ellipse, group, line, path, polar, polygon, rect


def the_shawshank_redemption() -> Sheet:
    """A wall, a hole that took years, and the sea behind it."""
    sheet = Sheet("#20262b")
    rng = chance(1966)
    for row in range(21):
        for column in range(-1, 7):
            x, y = column * 66 + (33 if row % 2 else 0), row * 29
            shade = rng.choice(["#343c42", "#3a434a", "#2e363b", "#414b52", "#383f44"])
            sheet.add(rect(x + 1.5, y + 1.5, (63, 26), shade, rx=3))
    outline = [polar((200, 282), 128 + rng.uniform(-15, 15), degrees) for degrees in range(0, 360, 12)]
    shape = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in outline) + "Z"
    rim = [((x - 200) * 1.13 + 200, (y - 282) * 1.13 + 282) for x, y in outline]
    sheet.add(polygon(rim, "#14181b"))
    sky = sheet.gradient((0, "#3fb3d9"), (0.55, "#bfeaf0"), (1, "#e8f7f0"))
    waves = [
        path(f"M60 {y}q14 -7 28 0{'t28 0' * 9}", stroke="#bdeaf2", stroke_width=2.5, opacity=0.8)
        for y in (322, 342, 358)
    ]
    sheet.add(
        group(
            [
                rect(50, 120, (300, 320), sky),
                circle(256, 212, 30, "#fff6cf"),
                rect(50, 300, (300, 80), "#1287ae"),
                *waves,
                path("M50 372C140 352 240 392 350 366V440H50Z", "#f0dca6"),
                polygon([(176, 246), (176, 318), (132, 318)], "#ffffff"),
                polygon([(182, 262), (182, 318), (214, 318)], "#f1efe6"),
                path("M122 324H226C220 344 206 350 174 350C142 350 128 344 122 324Z", "#a84b2f"),
            ],
            clip_path=sheet.clip(shape),
        )
    )
    sheet.add(polygon([(112, 378), (288, 378), (372, 600), (28, 600)], "#bfe6ea", opacity=0.14))
    sheet.add(
        group(
            [
                line((0, 0), (0, 74), "#8c6a3f", 8, stroke_linecap="round"),
                path("M-30 2C-14 -10 14 -10 30 2C14 0 -14 0 -30 2Z", "#c9ced1"),
            ],
            transform="translate(292 500) rotate(38)",
        )
    )
    return sheet


def forrest_gump() -> Sheet:
    """A feather over a bench by a long road."""
    sheet = Sheet("#8fc7dd")
    sheet.add(rect(0, 0, (400, 600), sheet.gradient((0, "#5fa9cf"), (0.7, "#d7eef0"), (1, "#f5efd2"))))
    for x, y, size in ((70, 96, 1.0), (306, 150, 1.3), (330, 318, 0.8), (60, 300, 0.9)):
        puffs = [
            ellipse(dx, dy, (radius * 1.25, radius), "#ffffff")
            for dx, dy, radius in ((0, 0, 24), (-28, 8, 17), (28, 8, 18))
        ]
        sheet.add(group(puffs, transform=f"translate({x} {y}) scale({size})", opacity=0.75))
    sheet.add(
        path("M0 452C110 424 280 428 400 450V600H0Z", "#7da453"),
        path("M0 486C140 456 300 470 400 492V600H0Z", "#5f8b3f"),
        polygon([(286, 452), (294, 452), (420, 600), (210, 600)], "#5d5a58"),
        *(
            polygon([(290 - w, y), (290 + w, y), (291 + w, y + h), (289 - w, y + h)], "#f3e7b8")
            for y, h, w in ((462, 10, 0.8), (484, 16, 1.6), (516, 22, 2.6), (558, 32, 4))
        ),
    )
    sheet.add(
        *(rect(34, y, (146, 13), "#7c4a2c", rx=3) for y in (448, 466)),
        rect(26, 490, (162, 14), "#91583a", rx=3),
        *(rect(x, 446, (9, 98), "#3a2a22") for x in (44, 160)),
        rect(112, 470, (44, 22), "#5a2f20", rx=3),
        rect(62, 474, (36, 17), "#f4efe3", rx=2),
        rect(78, 474, (4, 17), "#c0392b"),
    )
    barbs = []
    for step in range(46):
        along = step / 45
        y, reach = -118 + along * 190, 44 * math.sin(math.pi * min(1, along * 0.92 + 0.08)) ** 0.7
        barbs.append(
            path(
                f"M0 {y:.0f}Q{-reach * 0.6:.0f} {y - 6:.0f} {-reach:.0f} {y - 26:.0f}",
                stroke="#ffffff",
                stroke_width=4.4,
            )
        )
        barbs.append(
            path(
                f"M0 {y:.0f}Q{reach * 0.5:.0f} {y - 8:.0f} {reach * 0.78:.0f} {y - 26:.0f}",
                stroke="#e6eef2",
                stroke_width=4.4,
            )
        )
    quill = path("M0 -122Q-5 0 3 118", stroke="#a9bcc6", stroke_width=3, stroke_linecap="round")
    sheet.add(group([*barbs, quill], transform="translate(206 232) rotate(34)", stroke_linecap="round"))
    sheet.add(
        path("M52 60C120 20 210 40 250 92", stroke="#ffffff", stroke_width=2, opacity=0.6, stroke_dasharray="2 9")
    )
    return sheet


def whiplash() -> Sheet:
    """A kit from above. The sticks have been at it for too long."""
    sheet = Sheet("#120c08")
    sheet.glow("#8a5a1c", 200, 300, 380)

    def cymbal(x: float, y: float, radius: float) -> None:
        fill = sheet.gradient((0, "#ffe9a3"), (0.5, "#d79a2b"), (1, "#8a5512"), x1=0, y1=0, x2=1, y2=1)
        sheet.add(circle(x + 6, y + 9, radius, "#000000", opacity=0.5), circle(x, y, radius, fill))
        rings = range(14, int(radius), 7)
        sheet.add(*(circle(x, y, ring, "none", stroke="#7a4a0f", stroke_width=1, opacity=0.5) for ring in rings))
        sheet.add(polygon([(x, y), polar((x, y), radius, 205), polar((x, y), radius, 232)], "#fff8d8", opacity=0.4))
        sheet.add(circle(x, y, radius * 0.16, "#f3c860"), circle(x, y, 4, "#2b1a08"))

    def drum(x: float, y: float, radius: float) -> None:
        sheet.add(circle(x + 6, y + 9, radius, "#000000", opacity=0.5), circle(x, y, radius, "#6c1410"))
        sheet.add(circle(x, y, radius - 9, "#c9c4bb"), circle(x, y, radius - 15, "#f5f0e4"))
        lugs = [polar((x, y), radius - 4, degrees) for degrees in range(0, 360, 45)]
        sheet.add(*(circle(*lug, 4.5, "#e8e3d9") for lug in lugs))

    drum(118, 250, 76)
    drum(276, 224, 66)
    drum(300, 398, 92)
    drum(122, 420, 104)
    cymbal(62, 110, 96)
    cymbal(344, 92, 88)
    cymbal(392, 300, 62)
    rng = chance(215)
    for _ in range(24):
        spot = polar((142, 424), rng.uniform(4, 78), rng.uniform(0, 360))
        sheet.add(ellipse(*spot, (rng.uniform(1.2, 6),) * 2, "#b3151b", opacity=0.9))
    sheet.add(path("M140 424C150 444 146 462 152 486", stroke="#b3151b", stroke_width=5, stroke_linecap="round"))
    for turn, x, y in ((28, 152, 470), (-34, 232, 462)):
        stick = [
            path("M-7 128L-4 -128C-4 -140 4 -140 4 -128L7 128Z", "#e2bd83"),
            path("M0 -136L4 -128L7 128H1Z", "#b98a4d"),
            ellipse(0, -139, (6, 11), "#f2dcb3"),
        ]
        sheet.add(group(stick, transform=f"translate({x} {y}) rotate({turn})"))
    return sheet


def parasite() -> Sheet:
    """One house, two floors that must not meet, and bars over the eyes of both."""
    sheet = Sheet("#e9e4d4")
    sheet.add(rect(0, 0, (400, 300), sheet.gradient((0, "#cfe3e4"), (1, "#f6f0dd"))))
    sheet.add(
        circle(320, 70, 30, "#fff7d6"),
        *(
            ellipse(x, 214, (34, 52), green)
            for x, green in ((14, "#49683f"), (56, "#5a7c49"), (386, "#49683f"), (350, "#5a7c49"))
        ),
        rect(0, 250, (400, 52), "#88a862"),
        rect(70, 96, (262, 14), "#3b3733"),
        rect(82, 110, (238, 144), "#8d7a62"),
        rect(96, 124, (152, 130), "#fbe7b3"),
        *(rect(x, 124, (4, 130), "#3b3733") for x in (96, 170, 246)),
        rect(262, 150, (44, 104), "#4c4138"),
        rect(120, 214, (58, 14), "#9c5a3c", rx=4),
        rect(128, 198, (42, 18), "#b56f4c", rx=4),
        circle(210, 148, 10, "#fffdf0"),
        line((210, 124), (210, 140), "#3b3733", 2),
    )
    sheet.add(rect(0, 300, (400, 300), "#10150f"))
    sheet.add(rect(0, 300, (400, 18), "#3a2c20"))
    rng = chance(2019)
    for _ in range(70):
        sheet.add(circle(rng.uniform(0, 400), rng.uniform(316, 345), rng.uniform(1, 3.4), "#2a2018"))
    sheet.add(rect(70, 350, (262, 212), "#1d2a1c"))
    sheet.glow("#9fbf5a", 226, 420, 150)
    stairs = "M262 300H306V352H292V378H270V404H248V430H226V456H204V482H182V508H160V534H138V562H70V590H332V562"
    sheet.add(
        path(
            "M262 300H306V350L292 378H270V404H248V430H226V456H204V482H182V508H160V534H138V562H110V534L262 350Z",
            "#39472f",
        )
    )
    sheet.add(path(stairs[: stairs.index("H70")], stroke="#6d7f4e", stroke_width=3))
    sheet.add(
        circle(226, 384, 6, "#eaf7b0"),
        line((226, 350), (226, 380), "#0a0d09", 2),
        *(rect(x, 366, (36, 22), "#0a0d09") for x in (86, 130)),
        *(rect(x + 2, 368, (32, 8), "#4f6a4a") for x in (86, 130)),
    )
    person = "M-8 -30a8 9 0 1 1 16 0a8 9 0 1 1 -16 0M-13 -17H13L16 22H9V58H1V26H-1V58H-9V22H-16Z"
    for x, y, color in ((214, 214, "#2a2a33"), (148, 182, "#d9d2c4"), (264, 516, "#0a0d09"), (302, 516, "#0a0d09")):
        scale = 0.66 if y < 300 else 0.8
        sheet.add(path(person, color, transform=f"translate({x} {y}) scale({scale})"))
        bar = "#111111" if y < 300 else "#f2f2ea"
        sheet.add(rect(x - 9, y - 31 * scale, (18, 5), bar))
    return sheet


DRAWINGS = {9: the_shawshank_redemption, 10: forrest_gump, 11: whiplash, 12: parasite}
