"""2001: A Space Odyssey, Alien, Interstellar, Arrival, and the reel that stands in for any other movie."""

import math

from app.artwork.canvas import Sheet, chance, circle, ellipse, group, line, path, polar, polygon, ray, rect


def stars(sheet: Sheet, seed: int, count: int, bottom: float) -> None:
    rng = chance(seed)
    for _ in range(count):
        x, y, size = rng.uniform(0, 400), rng.uniform(0, bottom), rng.choice([0.6, 0.8, 1.1, 1.7])
        sheet.add(circle(x, y, size, "#ffffff", opacity=round(rng.uniform(0.3, 1), 2)))


def a_space_odyssey() -> Sheet:
    """The stone, the sun above its edge, and a red eye that is sorry."""
    sheet = Sheet("#04050b")
    sheet.add(
        rect(0, 0, (400, 600), sheet.gradient((0, "#04050b"), (0.62, "#1a1733"), (0.8, "#6b2f3f"), (0.93, "#e98b4b")))
    )
    stars(sheet, 2001, 150, 400)
    sheet.add(circle(200, 62, 26, "#e9e4d6"), circle(208, 58, 25, "#0a0a14"))
    sheet.glow("#fff1c4", 200, 150, 130)
    sheet.add(*(polygon(ray((200, 152), 210, degrees, 1.6), "#fff1c4", opacity=0.5) for degrees in range(-170, 0, 17)))
    sheet.add(circle(200, 152, 30, "#fffbe6"))
    stone = sheet.gradient((0, "#000000"), (0.7, "#0c0c14"), (1, "#26202c"))
    sheet.add(polygon([(126, 154), (274, 154), (292, 566), (108, 566)], stone))
    sheet.add(polygon([(126, 154), (274, 154), (274, 157), (126, 157)], "#fff1c4"))
    sheet.add(path("M0 560C80 536 120 566 200 556C280 546 330 534 400 556V600H0Z", "#150b10"))
    for radius, color in ((25, "#3b3b42"), (22, "#09090c"), (15, "#5b0508"), (9, "#c4111a"), (4, "#ffdc9a")):
        sheet.add(circle(200, 424, radius, color))
    return sheet


def alien() -> Sheet:
    """An egg among eggs, and the light that comes out of the crack."""
    sheet = Sheet("#030504")
    sheet.add(rect(0, 0, (400, 600), sheet.gradient((0, "#020303"), (0.6, "#07140c"), (1, "#0d2414"))))
    stars(sheet, 426, 60, 240)
    for step in range(9):
        reach = 60 + step * 46
        top, bend = 380 - step * 24, reach * 0.9
        rib = f"M{200 - reach} 620C{200 - bend:.0f} {top} {200 + bend:.0f} {top} {200 + reach} 620"
        sheet.add(path(rib, stroke="#17341f", stroke_width=9 - step * 0.5, opacity=0.75))
    sheet.glow("#b7ff5a", 200, 330, 260)
    for x, y, scale in ((52, 548, 0.5), (352, 552, 0.52), (110, 574, 0.42), (300, 580, 0.4)):
        egg = path(
            "M0 -110C58 -110 84 -20 84 40C84 96 46 120 0 120C-46 120 -84 96 -84 40C-84 -20 -58 -110 0 -110Z", "#0a140c"
        )
        sheet.add(group([egg], transform=f"translate({x} {y}) scale({scale})"))
    shell = sheet.gradient((0, "#55684a"), (0.5, "#263524"), (1, "#0b130b"), radial=True, cx=0.4, cy=0.3, r=0.8)
    sheet.add(
        path(
            "M200 180C284 180 322 320 322 410C322 498 266 536 200 536C134 536 78 498 78 410C78 320 116 180 200 180Z",
            shell,
        )
    )
    rng = chance(79)
    for _ in range(120):
        spot = polar((200, 392), 1, rng.uniform(0, 360))
        x, y = 200 + (spot[0] - 200) * rng.uniform(10, 104), 380 + (spot[1] - 392) * rng.uniform(10, 140)
        sheet.add(circle(x, y, rng.uniform(1.5, 5), "#0b130b", opacity=0.35))
    crack = (
        "M204 188L190 226L206 258L186 300L208 338L184 384"
        "L204 424L190 462L200 500L212 462L226 424L210 384L232 338L212 300L226 258L208 226Z"
    )
    sheet.add(
        path(crack, "#d9ff8a", stroke="#f4ffd8", stroke_width=2.5, stroke_linejoin="round"),
        *(
            polygon(ray((204, 340), 420, degrees, 4), "#d9ff8a", opacity=0.16)
            for degrees in (-128, -112, -98, -84, -70, -56)
        ),
    )
    return sheet


def interstellar() -> Sheet:
    """Light bent over and under a hole in it, and a very small ship."""
    sheet = Sheet("#02030a")
    stars(sheet, 2014, 210, 600)
    sheet.glow("#ff9b45", 200, 272, 240)
    for step in range(26):
        radius, opacity = 98 + step * 2.4, round(0.9 - step * 0.032, 2)
        color = "#fff3d6" if step < 5 else "#ffc67e" if step < 14 else "#e0793a"
        sheet.add(circle(200, 272, radius, "none", stroke=color, stroke_width=1.7, opacity=opacity))
    sheet.add(circle(200, 272, 93, "#000000"))
    sheet.add(circle(200, 272, 95, "none", stroke="#fffaf0", stroke_width=2.4))
    disk = []
    for step in range(30):
        across, opacity = 118 + step * 5.2, round(0.95 - step * 0.029, 2)
        color = "#fffaf0" if step < 6 else "#ffd49a" if step < 16 else "#e88a48"
        disk.append(
            path(
                f"M{-across:.0f} 0A{across:.0f} {across * 0.1:.1f} 0 0 0 {across:.0f} 0",
                stroke=color,
                stroke_width=1.8,
                opacity=opacity,
            )
        )
        disk.append(
            path(
                f"M{-across:.0f} 0Q{-across + 10:.0f} {-across * 0.07:.1f} {-96 - step:.0f} {-across * 0.055:.1f}",
                stroke=color,
                stroke_width=1.6,
                opacity=opacity,
            )
        )
        disk.append(
            path(
                f"M{across:.0f} 0Q{across - 10:.0f} {-across * 0.07:.1f} {96 + step:.0f} {-across * 0.055:.1f}",
                stroke=color,
                stroke_width=1.6,
                opacity=opacity,
            )
        )
    sheet.add(group(disk, transform="translate(200 278) rotate(-7)"))
    ring = [polar((0, 0), 22, 30 * k) for k in range(12)]
    ship = [
        circle(0, 0, 22, "none", stroke="#e8edf2", stroke_width=2.4),
        *(
            rect(x - 4, y - 4, (8, 8), "#e8edf2", transform=f"rotate({30 * k} {x:.1f} {y:.1f})")
            for k, (x, y) in enumerate(ring)
        ),
        line((-18, 0), (18, 0), "#9fb0bf", 2),
        line((0, -18), (0, 18), "#9fb0bf", 2),
        circle(0, 0, 4, "#e8edf2"),
    ]
    sheet.add(group(ship, transform="translate(292 476) scale(0.95 0.8) rotate(12)"))
    sheet.add(
        path("M270 494C220 528 130 552 40 556", stroke="#8fa9c4", stroke_width=1.4, stroke_dasharray="3 7", opacity=0.7)
    )
    return sheet


def arrival() -> Sheet:
    """A shell over the mist, and a sentence with no beginning."""
    sheet = Sheet("#aeb9bb")
    sheet.add(rect(0, 0, (400, 600), sheet.gradient((0, "#78878d"), (0.5, "#c3cccb"), (1, "#e6e8e2"))))
    rng = chance(2016)
    for layer in range(5):
        radius = 142 - layer * 1.5
        points = []
        for degrees in range(0, 360, 3):
            wave = 3.4 * math.sin(math.radians(degrees * 3 + layer * 40)) + rng.uniform(-2.2, 2.2)
            points.append(polar((200, 226), radius + wave, degrees))
        sheet.add(polygon(points, "none", stroke="#12171a", stroke_width=(9, 6, 4, 3, 2)[layer], opacity=0.82))
    for degrees, size in (
        (20, 20),
        (38, 11),
        (96, 24),
        (110, 13),
        (150, 9),
        (205, 22),
        (222, 15),
        (262, 10),
        (300, 25),
        (316, 12),
    ):
        root = polar((200, 226), 142, degrees)
        sheet.add(circle(*root, size * 0.42, "#12171a", opacity=0.9))
        for _ in range(4):
            tip = polar(root, size * rng.uniform(1.0, 2.3), degrees + rng.uniform(-75, 75))
            bend = polar(root, size, degrees + rng.uniform(-60, 60))
            outline = f"M{root[0]:.0f} {root[1]:.0f}Q{bend[0]:.0f} {bend[1]:.0f} {tip[0]:.0f} {tip[1]:.0f}"
            sheet.add(
                path(outline, stroke="#12171a", stroke_width=round(rng.uniform(1.4, 4.4), 1), stroke_linecap="round")
            )
    shell = sheet.gradient((0, "#2d363a"), (0.5, "#14191c"), (1, "#40494c"), x1=0, y1=0, x2=1, y2=0)
    sheet.add(path("M204 116C244 152 250 300 214 410C206 432 196 432 190 410C172 300 172 152 204 116Z", shell))
    for y, color, opacity in ((432, "#8f9c98", 1), (472, "#6d7c79", 1), (516, "#485755", 1)):
        hills = f"M0 {y + 18}C60 {y - 26} 120 {y + 10} 190 {y}C260 {y - 12} 320 {y - 34} 400 {y + 6}V600H0Z"
        sheet.add(path(hills, color, opacity=opacity))
        sheet.add(ellipse(200, y + 32, (300, 22), "#e6e8e2", opacity=0.28))
    person = "M-4 -24a4 4.6 0 1 1 8 0a4 4.6 0 1 1 -8 0M-8 -17H8L9 6H5V26H1V10H-1V26H-5V6H-9Z"
    sheet.add(path(person, "#f08a24", transform="translate(196 556) scale(1.15)"))
    return sheet


def other() -> Sheet:
    """A reel, for a movie that was added to the database after this sheet of posters."""
    sheet = Sheet("#241a33")
    for step in range(0, 620, 40):
        sheet.add(*(rect(x, step + 6, (18, 24), "#120c1c", rx=4) for x in (10, 372)))
    sheet.glow("#f2b04b", 200, 300, 220)
    sheet.add(circle(200, 300, 128, "#f2b04b"), circle(200, 300, 116, "#241a33"), circle(200, 300, 104, "#f2b04b"))
    sheet.add(*(circle(*polar((200, 300), 62, 60 * k - 90), 27, "#241a33") for k in range(6)))
    sheet.add(circle(200, 300, 14, "#241a33"))
    return sheet


DRAWINGS = {17: a_space_odyssey, 18: alien, 19: interstellar, 20: arrival}
