resource "a" "b" {
tags = {
Name = "x"
}
      ingress {
ports = [
80,
443,
]
dynamic "x" {
for_each = merge({
a = 1
}, {
b = 2
})
content {
value = x.value
}
}
}
both = f([{
a = 1
}])
apart = [
{
a = 1
}, {
b = 2
}
]
sum = (
1 +
2
)
}
