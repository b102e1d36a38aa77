a = { b=1,c : 2 }
d = {}
e = {   }
f = [ 1,2 , 3 ]
g = f( x,y ) [ 0 ] . z
h = foo [ "a" ] [ * ] . b
i = module . a . b
j = f (x...)
k = provider :: aws :: arn_parse ( x )
l = foo.0.bar
m = foo.*.bar
n = (a)[0]
o = [[1], [2]][0][ 0 ]
empty{}
block { }
one { a=1 }
