resource aws_vpc main {
}
resource /* gone */ "a" /* gone */ b /* kept */ {
}
data "a"   "b"{
}
locals{
}
output in {
value = 1
}
