//! The `schema!` macro.

/// Declares structs whose fields are the schema of a resource type, data source or nested block.
///
/// The Rust type of a field says its shape, and whether it is required or sensitive; each
/// attribute, such as `#[force_new]` or `#[default(false)]`, is a method of
/// [`Field`](crate::schema::Field). `#[name("type")]` names a field that Rust cannot.
#[macro_export]
macro_rules! schema {
    ($(
        $(#[doc = $doc:literal])*
        $(#[version = $version:literal])?
        pub struct $name:ident {
            $( $(#[$($flag:tt)*])* $field:ident: $type:ty, )*
        }
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the schema documents its fields")]
        pub struct $name {
            $( pub $field: $type, )*
        }

        impl $crate::schema::FieldType for $name {
            fn shape() -> $crate::schema::Shape {
                let fields = vec![$({
                    let field = $crate::schema::Field::new::<$type>(
                        $crate::schema!(@name $field, $([$($flag)*])*),
                    );
                    $( let field = $crate::schema!(@flag field, $type, $($flag)*); )*
                    field
                },)*];
                let doc = concat!($($doc, "\n",)*).trim();
                let version = 0 $( + $version )?;
                $crate::schema::Shape::Object($crate::schema::Schema { doc, version, fields })
            }

            fn blank() -> Self {
                $name {$( $field: $crate::schema::FieldType::blank(), )*}
            }

            fn decode(
                value: &$crate::value::Value,
            ) -> ::std::result::Result<Self, $crate::schema::DecodeError> {
                Ok($name {$(
                    $field: {
                        let name = $crate::schema!(@name $field, $([$($flag)*])*);
                        $crate::schema::at(
                            name,
                            $crate::schema::FieldType::decode(&value.get(name)),
                        )?
                    },
                )*})
            }

            fn encode(&self) -> $crate::value::Value {
                $crate::value::Value::object([$(
                    (
                        $crate::schema!(@name $field, $([$($flag)*])*),
                        $crate::schema::FieldType::encode(&self.$field),
                    ),
                )*])
            }
        }
    )*};
    (@name $field:ident, [name($name:literal)] $($rest:tt)*) => { $name };
    (@name $field:ident, [$($other:tt)*] $($rest:tt)*) => { $crate::schema!(@name $field, $($rest)*) };
    (@name $field:ident,) => { stringify!($field) };
    (@flag $on:ident, $type:ty, name($name:literal)) => { $on };
    (@flag $on:ident, $type:ty, doc = $doc:literal) => { $on.doc($doc) };
    (@flag $on:ident, $type:ty, computed) => { $on.computed::<$type>() };
    (@flag $on:ident, $type:ty, read_only) => { $on.read_only::<$type>() };
    (@flag $on:ident, $type:ty, volatile) => { $on.volatile::<$type>() };
    (@flag $on:ident, $type:ty, default($value:expr)) => { $on.default::<$type>($value) };
    (@flag $on:ident, $type:ty, $flag:ident) => { $on.$flag() };
    (@flag $on:ident, $type:ty, $flag:ident($($argument:expr),* $(,)?)) => { $on.$flag($($argument),*) };
}
