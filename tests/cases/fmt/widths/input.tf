é = 1
abc = 2
a = "世界" # wide
bb = "x" # narrow
c = "é" # an accent of its own
