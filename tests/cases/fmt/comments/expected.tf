a    = 1  # one
bcd  = 22 # two
e    = 3
f    = 4   // three
long = "x" # four
# on its own
// also on its own
/* in front */ g = 5
h                = 6 /* behind */
i                = /* inside */ 7
/* over
     several lines */
j = [   # after a bracket
  1,    # first
  22,   # second
]       # at the end
block { # after a brace
  a = 1
} # after the block
