a = x
b = f("y")
c = "x ${y}"
d = "${x}${y}"
e = x
f = (x ?
y : z)
g = (
  x ?
  y : z
)
h = "$${x}"
i = x
j = "a ${ { b = 1 } } c"
k = "%{if a}b%{else}c%{endif}"
l = ["${x}"]
m = "${a}" == "${b}"
n = /* kept */ x # kept
block {
  o = x
}
