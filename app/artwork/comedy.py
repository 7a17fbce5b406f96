"""Some Like It Hot, Groundhog Day, The Big Lebowski, The Grand Budapest Hotel."""

from app.artwork.canvas import Sheet, chance, circle, ellipse, group, line, path, polar, polygon, ray, rect


def some_like_it_hot() -> Sheet:
    """An art deco fan of light, a double bass, and the heels behind it."""
    sheet = Sheet("#f3c6b8")
    center = (200.0, 610.0)
    for step, degrees in enumerate(range(180, 361, 9)):
        shade = "#e8718a" if step % 2 else "#f9e6d2"
        sheet.add(polygon(ray(center, 760, degrees, 9), shade))
    for radius, color in ((150, "#1f1a2b"), (138, "#e9bd5b"), (126, "#1f1a2b")):
        sheet.add(circle(200, 610, radius, color))
    sheet.add(*(circle(200, 610, radius, "none", stroke="#e9bd5b", stroke_width=2) for radius in (108, 90, 72)))
    body = (
        "M0 -92C34 -92 46 -66 42 -40C40 -24 30 -18 32 -2C36 18 66 34 66 84C66 134 34 150 0 150"
        "C-34 150 -66 134 -66 84C-66 34 -36 18 -32 -2C-30 -18 -40 -24 -42 -40C-46 -66 -34 -92 0 -92Z"
    )
    sound_hole = "M0 -30C10 -34 12 -22 4 -8C-4 6 2 16 8 10"
    bass = [
        path(body, "#7a2f1d"),
        path(body, "#a9482a", transform="scale(0.86 0.92) translate(-4 2)"),
        path(sound_hole, stroke="#2b110b", stroke_width=5, transform="translate(24 44)"),
        path(sound_hole, stroke="#2b110b", stroke_width=5, transform="translate(-24 44) scale(-1 1)"),
        polygon([(-9, 60), (9, 60), (6, -250), (-6, -250)], "#1f1a2b"),
        path("M-8 -250C-16 -276 0 -290 14 -282C6 -276 10 -264 8 -250Z", "#7a2f1d"),
        *(line((-15, y), (15, y), "#e9bd5b", 4, stroke_linecap="round") for y in (-244, -230)),
        *(line((x * 0.6, -246), (x, 112), "#f9e6d2", 1.4) for x in (-5, -1.6, 1.6, 5)),
        rect(-22, 62, (44, 7), "#1f1a2b", rx=2),
        path("M-12 108H12L8 128H-8Z", "#1f1a2b"),
        line((0, 150), (0, 176), "#1f1a2b", 5),
    ]
    sheet.add(group(bass, transform="translate(196 322) rotate(9)"))
    shoe = "M0 0C18 2 30 22 52 26C66 28 72 34 72 40H40C24 40 14 24 8 18L4 40H0Z"
    sheet.add(
        path(shoe, "#c8102e", transform="translate(66 452) scale(1.05)"),
        path(shoe, "#c8102e", transform="translate(338 466) scale(-1.05 1.05)"),
    )
    for x, y in ((60, 96), (340, 128), (92, 214), (322, 262)):
        note = "M0 0V-42L26 -50V-10"
        sheet.add(
            group(
                [
                    path(note, stroke="#1f1a2b", stroke_width=4),
                    ellipse(-6, 2, (8, 6), "#1f1a2b"),
                    ellipse(20, -8, (8, 6), "#1f1a2b"),
                ],
                transform=f"translate({x} {y})",
            )
        )
    return sheet


SEGMENTS = {
    "6": "afgcde",
    "0": "abcdef",
    "5": "afgcd",
    "9": "abcfgd",
}
BARS = {
    "a": (4, 0, 26, 6),
    "b": (29, 4, 6, 26),
    "c": (29, 34, 6, 26),
    "d": (4, 58, 26, 6),
    "e": (-1, 34, 6, 26),
    "f": (-1, 4, 6, 26),
    "g": (4, 29, 26, 6),
}


def digits(text: str, color: str) -> list[str]:
    marks = []
    for index, sign in enumerate(text):
        for name in SEGMENTS[sign]:
            x, y, width, height = BARS[name]
            marks.append(rect(x + (0, 68, 116)[index], y, (width, height), color, rx=3))
    marks += [rect(48, 16, (7, 7), color), rect(48, 42, (7, 7), color)]
    return marks


def groundhog_day() -> Sheet:
    """Six in the morning, again, and again, and again, and who is to blame."""
    sheet = Sheet("#bcd7e6")
    sheet.add(rect(0, 0, (400, 600), sheet.gradient((0, "#6f9fc2"), (1, "#eef5f7"))))
    for depth in range(6):
        scale, y = 0.42 + depth * 0.17, 44 + depth * depth * 11 + depth * 12
        shade = ("#8a5a3c", "#7c4d33", "#6f422b", "#613824", "#54301f", "#46271a")[depth]
        clock = [
            rect(-112, -56, (224, 112), shade, rx=14),
            rect(-96, -44, (192, 88), "#140c09", rx=6),
            group(digits("600", "#ff6a3d"), transform="translate(-76 -32)"),
            line((-96, 0), (96, 0), "#000000", 2, opacity=0.6),
        ]
        sheet.add(group(clock, transform=f"translate(200 {y}) scale({scale:.2f})", opacity=0.55 + depth * 0.09))
    sheet.add(path("M0 470C90 440 150 476 220 466C290 456 330 440 400 462V600H0Z", "#ffffff"))
    sheet.add(ellipse(206, 498, (62, 17), "#2a1a12"))
    sheet.add(path("M200 492L392 566L340 590L186 506Z", "#7fa0b5", opacity=0.45))
    sheet.add(
        path("M160 500C158 440 172 398 206 398C240 398 254 440 252 500C232 508 180 508 160 500Z", "#6b4a31"),
        path("M178 504C176 466 186 440 206 440C226 440 236 466 234 504C220 508 192 508 178 504Z", "#b08a60"),
        *(circle(x, 404, 10, "#54371f") for x in (178, 234)),
        *(circle(x, 424, 4.5, "#140c09") for x in (193, 219)),
        ellipse(206, 438, (7, 5), "#140c09"),
        rect(200, 446, (6, 10), "#fffdf4"),
        rect(207, 446, (6, 10), "#fffdf4"),
        *(
            path(f"M{x} 470q{dx} 14 {dx * 0.4:.0f} 28", stroke="#54371f", stroke_width=9, stroke_linecap="round")
            for x, dx in ((172, 12), (240, -12))
        ),
    )
    rng = chance(2)
    for _ in range(90):
        sheet.add(circle(rng.uniform(0, 400), rng.uniform(0, 590), rng.uniform(1, 3.6), "#ffffff", opacity=0.85))
    return sheet


def the_big_lebowski() -> Sheet:
    """A lane, ten pins, a ball with three holes. It abides."""
    sheet = Sheet("#123a3f")
    center = (200.0, 206.0)
    for step in range(20):
        if step % 2:
            sheet.add(polygon(ray(center, 520, step * 18, 18), "#17504f"))
    for radius, color in ((196, "#f08a3c"), (168, "#f6c65b"), (140, "#123a3f")):
        sheet.add(circle(200, 206, radius, color))
    sheet.add(polygon([(128, 262), (272, 262), (430, 600), (-30, 600)], "#e3b778"))
    for plank in range(-4, 5):
        sheet.add(line((200 + plank * 17, 262), (200 + plank * 55, 600), "#b98647", 1.6))
    sheet.add(
        polygon([(128, 262), (112, 262), (-90, 600), (-30, 600)], "#0c2629"),
        polygon([(272, 262), (288, 262), (490, 600), (430, 600)], "#0c2629"),
    )
    for x, y in ((200, 404), (176, 396), (224, 396)):
        sheet.add(polygon([(x - 5, y + 14), (x + 5, y + 14), (x, y)], "#7a4a1e"))
    pin = (
        "M-5 -58C-8 -48 -4 -40 -4 -34C-4 -24 -12 -16 -12 2C-12 14 -8 22 -7 26H7"
        "C8 22 12 14 12 2C12 -16 4 -24 4 -34C4 -40 8 -48 5 -58C3 -62 -3 -62 -5 -58Z"
    )
    for row, (y, scale) in enumerate(((222, 1.0), (234, 1.1), (248, 1.22), (264, 1.36))):
        count = 4 - row
        for index in range(count):
            x = 200 + (index - (count - 1) / 2) * 37 * scale
            marks = [
                path(pin, "#fbf7ec"),
                path("M0 -60C3 -62 8 -48 4 -34C4 -24 12 -16 12 2C12 14 8 22 7 26H2Z", "#dcd3bf"),
                rect(-4.5, -38, (9, 3), "#c8202f"),
                rect(-5, -32, (10, 3), "#c8202f"),
            ]
            sheet.add(group(marks, transform=f"translate({x:.0f} {y}) scale({scale})"))
    shade = sheet.gradient((0, "#7fd6cf"), (0.45, "#1f8f8c"), (1, "#0a3d42"), radial=True, cx=0.34, cy=0.28, r=0.8)
    sheet.add(ellipse(206, 560, (92, 15), "#7a4a1e", opacity=0.45), circle(200, 484, 84, shade))
    sheet.add(*(ellipse(x, y, (9, 11), "#062023") for x, y in ((188, 440), (216, 440), (203, 468))))
    sheet.add(
        path("M134 462C140 436 154 420 168 414", stroke="#ffffff", stroke_width=6, stroke_linecap="round", opacity=0.6)
    )
    return sheet


def the_grand_budapest_hotel() -> Sheet:
    """Symmetry, in pink."""
    sheet = Sheet("#e9b7c0")
    sheet.add(rect(0, 0, (400, 600), sheet.gradient((0, "#8fb4c9"), (0.6, "#f6d9d5"), (1, "#f9e7dc"))))
    sheet.add(
        polygon([(-40, 420), (70, 150), (120, 236), (170, 120), (250, 300), (330, 160), (450, 420)], "#b6a9c2"),
        polygon([(70, 150), (46, 210), (66, 200), (84, 214), (96, 194)], "#ffffff"),
        polygon([(170, 120), (142, 186), (164, 176), (182, 196), (204, 196)], "#ffffff"),
        polygon([(330, 160), (302, 208), (326, 200), (342, 214), (356, 204)], "#ffffff"),
        path("M0 430C90 380 310 380 400 430V600H0Z", "#7f8f6b"),
    )
    for x in (12, 46, 354, 388):
        for level in range(4):
            width, y = 14 + level * 8, 372 + level * 26
            sheet.add(polygon([(x - width, y + 36), (x + width, y + 36), (x, y - 16)], "#4f6352"))
    sheet.add(
        rect(60, 292, (280, 190), "#e58fa5"),
        rect(150, 240, (100, 242), "#f2a9b9"),
        *(rect(x, 262, (44, 220), "#f2a9b9") for x in (60, 296)),
        *(polygon([(x - 4, 262), (x + 48, 262), (x + 40, 230), (x + 4, 230)], "#9c4f6b") for x in (60, 296)),
        polygon([(142, 240), (258, 240), (242, 200), (158, 200)], "#9c4f6b"),
        *(path(f"M{x} 230q18 -30 36 0Z", "#c8748c") for x in (64, 300)),
        path("M172 200C172 168 228 168 228 200Z", "#c8748c"),
        *(line((x, y), (x, y - 26), "#6d2f48", 3) for x, y in ((82, 216), (318, 216), (200, 178))),
        *(polygon([(x, y), (x + 20, y + 6), (x, y + 12)], "#7a1f3d") for x, y in ((82, 190), (318, 190), (200, 152))),
        rect(60, 288, (280, 7), "#fbe3e3"),
        rect(52, 478, (296, 10), "#fbe3e3"),
    )
    rng = chance(1932)
    for row, y in enumerate((304, 342, 380, 418)):
        for x in (68, 86, 112, 130, 160, 182, 206, 228, 256, 274, 304, 322):
            lit = "#ffe9a8" if rng.random() < 0.45 else "#7d4560"
            sheet.add(rect(x - 1.5, y - 2, (13, 25), "#fbe3e3"), rect(x, y, (10, 20), lit))
        sheet.add(rect(60, y + 27, (280, 3), "#fbe3e3", opacity=0.8 if row < 3 else 0))
    for x in (162, 184, 206, 228):
        sheet.add(path(f"M{x} 282V262a5 5 0 0 1 10 0V282Z", "#ffe9a8"))
    sheet.add(
        rect(166, 222, (68, 13), "#fbe3e3", rx=2),
        *(rect(172 + step * 9.6, 226, (6, 5), "#9c4f6b") for step in range(6)),
        path("M176 482V458a24 22 0 0 1 48 0V482Z", "#6d2f48"),
        path("M184 482V460a16 15 0 0 1 32 0V482Z", "#ffdf8f"),
        polygon([(176, 488), (224, 488), (262, 600), (138, 600)], "#b5283f"),
        polygon([(180, 488), (184, 488), (152, 600), (144, 600)], "#e9c25d"),
        polygon([(220, 488), (216, 488), (248, 600), (256, 600)], "#e9c25d"),
    )
    sheet.add(*(circle(*polar((200, 560), 168 + 14 * (k % 2), 180 + k * 15), 9, "#5f7a5a") for k in (1, 11)))
    return sheet


DRAWINGS = {13: some_like_it_hot, 14: groundhog_day, 15: the_big_lebowski, 16: the_grand_budapest_hotel}
