"""A sheet of 400 x 600 and the few marks the posters are made of. All of it is text that becomes SVG."""

import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

WIDTH, HEIGHT = 400, 600

Point = tuple[float, float]


def chance(seed: int) -> random.Random:
    """The same chance on every run: a poster changes only when its drawing does."""
    return random.Random(seed)  # noqa: S311


def number(value: float) -> str:
    """At most one decimal: a tenth of a unit is less than a pixel, and the files stay small."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def attributes(**values: object) -> str:
    """`fill_opacity=0.5` becomes `fill-opacity="0.5"`."""
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in values.items())


def rect(x: float, y: float, size: Point, fill: str, **more: object) -> str:
    width, height = size
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
        f"{attributes(fill=fill, **more)}/>"
    )


def circle(x: float, y: float, radius: float, fill: str, **more: object) -> str:
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}"{attributes(fill=fill, **more)}/>'


def ellipse(x: float, y: float, radii: Point, fill: str, **more: object) -> str:
    across, down = radii
    return (
        f'<ellipse cx="{number(x)}" cy="{number(y)}" rx="{number(across)}" ry="{number(down)}"'
        f"{attributes(fill=fill, **more)}/>"
    )


def path(outline: str, fill: str = "none", **more: object) -> str:
    return f'<path d="{outline}"{attributes(fill=fill, **more)}/>'


def polygon(points: Iterable[Point], fill: str, **more: object) -> str:
    return path("M" + "L".join(f"{number(x)} {number(y)}" for x, y in points) + "Z", fill, **more)


def line(start: Point, end: Point, stroke: str, width: float, **more: object) -> str:
    outline = f"M{number(start[0])} {number(start[1])}L{number(end[0])} {number(end[1])}"
    return path(outline, stroke=stroke, stroke_width=number(width), **more)


def group(marks: Iterable[str], **more: object) -> str:
    return f"<g{attributes(**more)}>{''.join(marks)}</g>"


def polar(center: Point, radius: float, degrees: float) -> Point:
    angle = math.radians(degrees)
    return center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)


def ray(center: Point, radius: float, degrees: float, spread: float) -> list[Point]:
    """A wedge of light from the center."""
    return [center, polar(center, radius, degrees - spread / 2), polar(center, radius, degrees + spread / 2)]


@dataclass
class Sheet:
    """One poster while it is drawn."""

    paper: str
    marks: list[str] = field(default_factory=list)
    definitions: list[str] = field(default_factory=list)

    def add(self, *marks: str) -> None:
        self.marks += marks

    def gradient(self, *stops: tuple[float, str], radial: bool = False, **more: object) -> str:
        """Defines a gradient and returns the fill that uses it; top to bottom unless told otherwise."""
        name = f"g{len(self.definitions)}"
        kind = "radialGradient" if radial else "linearGradient"
        where = more or ({} if radial else {"x1": 0, "y1": 0, "x2": 0, "y2": 1})
        inner = "".join(f'<stop offset="{offset}" stop-color="{color}"/>' for offset, color in stops)
        self.definitions.append(f'<{kind} id="{name}"{attributes(**where)}>{inner}</{kind}>')
        return f"url(#{name})"

    def glow(self, color: str, x: float, y: float, radius: float) -> None:
        """Light that fades to nothing at the radius."""
        name = f"g{len(self.definitions)}"
        self.definitions.append(
            f'<radialGradient id="{name}"><stop offset="0" stop-color="{color}"/>'
            f'<stop offset="1" stop-color="{color}" stop-opacity="0"/></radialGradient>'
        )
        self.add(circle(x, y, radius, f"url(#{name})"))

    def clip(self, outline: str) -> str:
        """Defines a clipping outline and returns the attribute value that uses it."""
        name = f"c{len(self.definitions)}"
        self.definitions.append(f'<clipPath id="{name}"><path d="{outline}"/></clipPath>')
        return f"url(#{name})"

    def svg(self, title: str) -> str:
        definitions = f"<defs>{''.join(self.definitions)}</defs>" if self.definitions else ""
        paper = rect(0, 0, (WIDTH, HEIGHT), self.paper)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            f'width="{WIDTH}" height="{HEIGHT}" role="img"><title>{title}</title>'
            f"{definitions}{paper}{''.join(self.marks)}</svg>\n"
        )


Drawing = Callable[[], Sheet]
