a         = <<EOT
   text stays   as it is
 ${x}  and ${f(y, z)}
  EOT
long_name = <<-EOT
      %{for a in b~}
  ${a}
      %{endfor~}
    # not a comment
  EOT not the end
   $${ not a template }
    EOT
b = f(<<A
x
A
  , [<<B
y
B
])
c = {
  d = <<-EOT
    ${f({
  e = 1
})}
  EOT
eee = 2
}
