a=1
long_name   =   "two"
b = 3

after_a_blank_line = 4
x = 5
list = [
1,
2,
]
y = 6
open = {
short = 1
much_longer = 2
# a comment parts what is below from what is above
one_more_name = 3
(computed) = 4
"quoted key" = 5
}
z = f(1, [2], { three = 3 })
