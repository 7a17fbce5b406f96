"""Inception, The Dark Knight, The Matrix, Gladiator."""

from app.artwork.canvas import Sheet, chance, circle, ellipse, group, line, path, polygon, rect


def inception() -> Sheet:
    """A room in a room in a room, each turned a little further, and a top that spins in the last."""
    sheet = Sheet("#101b2d")
    shades = [
        "#16263f",
        "#1d3453",
        "#264467",
        "#31577c",
        "#41708f",
        "#5c8ca0",
        "#86aaac",
        "#b9c6b3",
        "#e6d9b4",
        "#f6e7bd",
    ]
    for depth, shade in enumerate(shades):
        scale = 0.86**depth
        turn = f"translate(200 285) rotate({depth * 5.5}) scale({scale:.3f})"
        windows = [
            rect(x, y, (9, 15), "#0b1422", opacity=0.35)
            for side in (-1, 1)
            for x in (side * 178 - 5, side * 156 - 5)
            for y in range(-296, 290, 33)
        ]
        room = rect(-204, -320, (408, 640), shade)
        sheet.add(group([room, *windows], transform=turn))
    sheet.add(
        ellipse(200, 402, (46, 7), "#7d6a45", opacity=0.5),
        path("M200 312v-34", stroke="#7d2b1f", stroke_width=6, stroke_linecap="round"),
        path("M157 324C157 306 243 306 243 324C243 352 209 366 200 402C191 366 157 352 157 324Z", "#b5402a"),
        path("M157 324C157 306 243 306 243 324C243 334 157 334 157 324Z", "#d9694a"),
        path("M172 338C178 356 194 366 198 386", stroke="#ef9a78", stroke_width=4, stroke_linecap="round"),
    )
    return sheet


WING = "M0 -6C10 -20 34 -34 66 -26C60 -16 58 -8 60 4C50 -2 42 0 38 10C30 2 22 4 17 14C12 8 6 10 4 18L0 24Z"


def the_dark_knight() -> Sheet:
    """A sky of low cloud, the signal on it, and the city that waits below."""
    sheet = Sheet("#0b1016")
    sheet.add(
        rect(0, 0, (400, 600), sheet.gradient((0, "#1b2733"), (0.55, "#2f4150"), (0.8, "#b5763a"), (1, "#e5a04c")))
    )
    beam = sheet.gradient((0, "#fbe9b0"), (1, "#fbe9b0"), x1=0, y1=0, x2=0, y2=1)
    sheet.add(polygon([(118, 170), (282, 170), (212, 520), (204, 520)], beam, opacity=0.28))
    sheet.glow("#fff3c4", 200, 158, 170)
    sheet.add(circle(200, 158, 92, "#fdf1c7"))
    body = path("M-7 -8L-6 -20L-2 -14H2L6 -20L7 -8C8 6 4 18 0 26C-4 18 -8 6 -7 -8Z")
    wings = [path(WING), path(WING, transform="scale(-1 1)")]
    bat = [mark.replace('fill="none"', 'fill="#0b1016"') for mark in (*wings, body)]
    sheet.add(group(bat, transform="translate(206 160) rotate(-9) scale(1.02)"))
    for y, width, x in ((70, 210, -40), (98, 160, 250), (232, 190, -60), (258, 230, 240), (40, 120, 300)):
        sheet.add(rect(x, y, (width, 16), "#101922", rx=8, opacity=0.55))
    rng = chance(8)
    for base, shade, low, high in ((430, "#1a222b", 40, 150), (470, "#11171e", 20, 120), (520, "#080b0f", 0, 90)):
        x = -10
        while x < 400:
            width, rise = rng.randint(26, 54), rng.randint(low, high)
            sheet.add(rect(x, base - rise, (width, 600 - base + rise), shade))
            if rng.random() < 0.35:
                sheet.add(
                    polygon([(x, base - rise), (x + width / 2, base - rise - 26), (x + width, base - rise)], shade)
                )
            for _ in range(3):
                lamp = (x + rng.randint(4, max(5, width - 8)), base - rise + rng.randint(10, 90))
                sheet.add(rect(*lamp, (3, 5), "#f0b45c", opacity=0.75))
            x += width
    return sheet


def the_matrix() -> Sheet:
    """Signs that fall, and a choice of two colors."""
    sheet = Sheet("#020a05")
    rng = chance(1999)
    strokes = ["M0 0h9", "M0 5h9", "M0 10h9", "M1 0v10", "M8 0v10", "M4.5 0v10", "M0 10L9 0", "M0 0L9 10", "M2 3h4v4"]
    for column in range(24):
        x, head, length = 4 + column * 16.6, rng.randint(6, 44), rng.randint(12, 34)
        for row in range(max(0, head - length), head):
            sign = "".join(rng.sample(strokes, rng.randint(2, 3)))
            age = (head - row) / length
            color = "#d8ffe2" if row == head - 1 else "#35e06f"
            opacity = 1 if row == head - 1 else round(max(0.08, 0.95 - age), 2)
            place = f"translate({x:.0f} {8 + row * 14})"
            sheet.add(path(sign, stroke=color, stroke_width=1.7, opacity=opacity, transform=place))
    sheet.add(rect(0, 330, (400, 270), sheet.gradient((0, "#020a05"), (1, "#020a05")), opacity=0.0))
    dark = sheet.gradient((0, "#021008"), (0.75, "#021008"), (1, "#03140a"))
    sheet.add(circle(200, 372, 150, dark, opacity=0.9))
    sheet.add(circle(200, 372, 150, "none", stroke="#35e06f", stroke_width=1.5, opacity=0.55))
    for turn, left, right in ((-24, "#8f0f1a", "#e2303c"), (24, "#0d3f8f", "#2f7fe8")):
        x = 144 if turn < 0 else 256
        sheet.add(
            group(
                [
                    rect(-30, -74, (60, 148), right, rx=30),
                    path("M-30 0V44a30 30 0 0 0 60 0V0Z", left),
                    rect(-19, -58, (9, 74), "#ffffff", rx=4.5, opacity=0.45),
                ],
                transform=f"translate({x} 372) rotate({turn})",
            )
        )
    return sheet


def gladiator() -> Sheet:
    """A sword in the sand before the arches, and wheat before both."""
    sheet = Sheet("#d98a3d")
    sheet.add(rect(0, 0, (400, 600), sheet.gradient((0, "#7a2316"), (0.45, "#d9702d"), (0.75, "#f4c16a"))))
    sheet.glow("#fff0c2", 200, 250, 220)
    sheet.add(circle(200, 250, 92, "#ffe9b0"))
    for tier, (y, tall) in enumerate(((226, 70), (304, 78), (390, 86))):
        shade = ("#7b3320", "#65281b", "#4f1f17")[tier]
        holes = "".join(f"M{x} {y + tall - 8}V{y + 34}a17 17 0 0 1 34 0V{y + tall - 8}Z" for x in range(-22, 400, 50))
        left, right = (0, 138 + 10 * (2 - tier)), (400, 262 - 10 * (2 - tier))
        for start, end in (left, (right[1], 400)):
            outline = f"M{start} {y}H{end}V{y + tall}H{start}Z"
            sheet.add(group([path(outline + holes, shade, fill_rule="evenodd")], clip_path=sheet.clip(outline)))
    sheet.add(path("M0 470C120 448 280 448 400 470V600H0Z", "#e0a455"))
    sheet.add(
        ellipse(200, 500, (58, 9), "#8a4a22", opacity=0.55),
        polygon([(188, 236), (212, 236), (210, 494), (200, 506), (190, 494)], "#e9e3d6"),
        polygon([(200, 236), (212, 236), (210, 494), (200, 506)], "#a9a296"),
        rect(150, 222, (100, 16), "#3a1a12", rx=8),
        rect(191, 160, (18, 64), "#6d3a20", rx=6),
        *(line((191, y), (209, y + 6), "#3a1a12", 3) for y in range(168, 218, 11)),
        circle(200, 152, 15, "#c8952f"),
    )
    rng = chance(2000)
    for _ in range(64):
        x, top, lean = rng.randint(-10, 410), rng.randint(468, 552), rng.randint(-16, 16)
        color = rng.choice(["#f7d27a", "#e2ab48", "#b97a2b", "#8d5520"])
        sheet.add(path(f"M{x} 604Q{x} {top + 40} {x + lean} {top}", stroke=color, stroke_width=2))
        for step in range(5):
            side = 4 if step % 2 else -4
            sheet.add(ellipse(x + lean + side, top + step * 8 - 4, (3, 6), color))
    return sheet


DRAWINGS = {1: inception, 2: the_dark_knight, 3: the_matrix, 4: gladiator}
