"""The Departed, Pulp Fiction, Heat, Zodiac."""

from app.artwork.canvas import Sheet, chance, circle, ellipse, group, line, path, polar, polygon, ray, rect

RAT = (
    "M0 0C-4 -26 18 -44 48 -42C52 -54 66 -54 68 -42C80 -38 90 -26 98 -14C100 -8 94 -4 86 -4H14"
    "C-10 -4 -30 -16 -58 -6C-72 0 -84 -4 -92 -14C-82 -8 -70 -10 -60 -14C-38 -22 -20 -14 0 -6Z"
)


def the_departed() -> Sheet:
    """A gilded dome, a crossed-out sky, and what runs along the railing."""
    sheet = Sheet("#10222f")
    sheet.add(rect(0, 0, (400, 600), sheet.gradient((0, "#0e2536"), (0.6, "#27556b"), (1, "#7fa6a3"))))
    sheet.add(
        polygon([(0, 0), (70, 0), (400, 470), (400, 560)], "#c8202f", opacity=0.9),
        polygon([(400, 0), (330, 0), (0, 470), (0, 560)], "#c8202f", opacity=0.9),
    )
    sheet.add(
        rect(104, 372, (192, 120), "#efe6d2"),
        rect(92, 360, (216, 16), "#d8cbb0"),
        *(rect(x, 384, (12, 90), "#c9bb9d") for x in range(116, 290, 26)),
        path("M112 360C112 250 160 214 200 214C240 214 288 250 288 360Z", "#e0ab2e"),
        path("M200 214C240 214 288 250 288 360H244C244 270 224 224 200 214Z", "#b57f16"),
        *(
            path(f"M200 216C{x} 250 {x2} 300 {x2} 358", stroke="#8f620e", stroke_width=2)
            for x, x2 in ((176, 156), (224, 244))
        ),
        rect(184, 176, (32, 40), "#e9c566"),
        polygon([(178, 178), (200, 140), (222, 178)], "#b57f16"),
        line((200, 142), (200, 112), "#8f620e", 4),
    )
    sheet.add(
        rect(0, 486, (400, 12), "#0a141b"),
        rect(0, 560, (400, 40), "#0a141b"),
        *(rect(x, 496, (7, 66), "#0a141b") for x in range(6, 400, 24)),
        path(RAT, "#0a141b", transform="translate(168 490) scale(1.25)"),
        circle(258, 454, 3, "#e0ab2e"),
    )
    return sheet


def pulp_fiction() -> Sheet:
    """A briefcase, and light from something we are not shown."""
    sheet = Sheet("#c2182b")
    center = (200.0, 352.0)
    for step in range(24):
        if step % 2:
            sheet.add(polygon(ray(center, 520, step * 15, 15), "#e9b22b"))
    sheet.glow("#fff6c8", 200, 340, 230)
    sheet.add(
        polygon([(96, 352), (304, 352), (322, 214), (78, 214)], "#2a1712"),
        polygon([(108, 344), (292, 344), (307, 226), (93, 226)], "#ffe98a"),
        polygon([(122, 344), (278, 344), (288, 244), (112, 244)], "#fffbe0"),
        rect(84, 350, (232, 132), "#2a1712", rx=10),
        rect(84, 350, (232, 26), "#43261c", rx=10),
        rect(84, 366, (232, 8), "#ffd84f"),
        *(rect(x, 372, (28, 34), "#d9a441", rx=4) for x in (116, 256)),
        *(circle(x, 392, 5, "#2a1712") for x in (130, 270)),
        path("M166 482v14a12 12 0 0 0 12 12h44a12 12 0 0 0 12 -12v-14", stroke="#2a1712", stroke_width=11),
    )
    for index in range(3):
        sheet.add(
            group(
                [rect(-11, -19, (22, 38), "#ececec", rx=5), *(rect(-6, y, (12, 6), "#c2182b") for y in (-13, -3, 7))],
                transform=f"translate({182 + index * 18} 428) rotate(0) scale(0.62)",
            )
        )
    sheet.add(rect(0, 0, (400, 600), "none", stroke="#1b0d0b", stroke_width=26))
    sheet.add(rect(20, 20, (360, 560), "none", stroke="#f6e3a4", stroke_width=3))
    for x, y in ((48, 66), (352, 66), (48, 534), (352, 534)):
        star = [polar((x, y), 17 if k % 2 == 0 else 7, -90 + 36 * k) for k in range(10)]
        sheet.add(polygon(star, "#1b0d0b"))
    return sheet


def heat() -> Sheet:
    """A city's lights from above, a runway between, and two men who walk away from each other."""
    sheet = Sheet("#04121f")
    sheet.add(
        rect(0, 0, (400, 600), sheet.gradient((0, "#06182a"), (0.4, "#0d3c5c"), (0.5, "#1c6b8c"), (0.52, "#04121f")))
    )
    sheet.glow("#ff8a3c", 200, 306, 190)
    sheet.add(path("M108 306a92 92 0 0 1 184 0Z", "#ff9d4d"))
    sheet.add(*(rect(100, y, (200, 5), "#0d3c5c", opacity=0.75) for y in (286, 270, 254)))
    sheet.add(rect(0, 304, (400, 296), "#04121f"))
    rng = chance(95)
    for _ in range(520):
        depth = rng.random() ** 1.9
        x, y = rng.uniform(0, 400), 308 + depth * 290
        if abs(x - 200) < 16 + depth * 120:
            continue
        color = rng.choice(["#ffb261", "#ffd9a0", "#7fd0e8", "#3a8fb2"])
        sheet.add(circle(x, y, 0.6 + depth * 2.2, color, opacity=round(0.35 + rng.random() * 0.6, 2)))
    for step in range(14):
        depth = (step / 13) ** 2.1
        y, half = 312 + depth * 284, 10 + depth * 124
        for side in (-1, 1):
            sheet.add(circle(200 + side * half, y, 1 + depth * 4, "#8fe3ff"))
        sheet.add(rect(200 - 1 - depth * 4, y - 4, (2 + depth * 8, 3 + depth * 22), "#ffffff", opacity=0.85))
    man = (
        "M-9 -62a9 10 0 1 1 18 0a9 10 0 1 1 -18 0"
        "M-17 -44C-12 -52 12 -52 17 -44L20 6H13L10 -24V66H2V14H-2V66H-10V-24L-13 6H-20Z"
    )
    sheet.add(
        path(man, "#01060b", transform="translate(150 402) scale(1.25)"),
        path(man, "#01060b", transform="translate(252 386) scale(1.02)"),
    )
    return sheet


def zodiac() -> Sheet:
    """A letter nobody has read yet, and the sign it was signed with."""
    sheet = Sheet("#d8c7a0")
    rng = chance(340)
    signs = [
        "M-8 0a8 8 0 1 0 16 0a8 8 0 1 0 -16 0",
        "M-8 7L0 -8L8 7Z",
        "M-8 -7L0 8L8 -7Z",
        "M-7 -7H7V7H-7Z",
        "M-8 0H8M0 -8V8",
        "M-7 -7L7 7M7 -7L-7 7",
        "M-6 8V-8L6 0Z",
        "M-8 0a8 8 0 0 1 16 0Z",
        "M-6 -8V8M-6 0H6M6 -8V8",
        "M-7 8L0 -8L7 8",
        "M-7 -6H7M0 -6V8",
        "M6 -8H-5V8H6M-5 0H4",
    ]
    for row in range(23):
        for column in range(15):
            sign, ink = rng.choice(signs), "#23201b"
            fill = ink if rng.random() < 0.22 else "none"
            x, y = 31 + column * 24.2 + rng.uniform(-1, 1), 32 + row * 24.4 + rng.uniform(-1, 1)
            place = f"translate({x:.1f} {y:.1f}) rotate({rng.uniform(-6, 6):.0f})"
            sheet.add(path(sign, fill, stroke=ink, stroke_width=1.8, transform=place, opacity=0.78))
    sheet.add(
        circle(200, 290, 142, "#d8c7a0", opacity=0.86),
        circle(200, 290, 104, "none", stroke="#a11d16", stroke_width=17),
        line((200, 128), (200, 452), "#a11d16", 17),
        line((38, 290), (362, 290), "#a11d16", 17),
    )
    for x, y, radius in ((96, 512, 5), (104, 528, 2.4), (292, 140, 3), (316, 446, 6), (328, 462, 2)):
        sheet.add(ellipse(x, y, (radius, radius * 1.2), "#a11d16"))
    return sheet


DRAWINGS = {5: the_departed, 6: pulp_fiction, 7: heat, 8: zodiac}
