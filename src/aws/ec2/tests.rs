use super::RESOURCES;
use crate::schema::{Schema, Shape};

#[test]
fn every_type_has_the_fields_that_all_types_have() {
    for kind in RESOURCES {
        let schema = kind.schema();
        let id = schema.field("id").unwrap();
        assert!(id.read_only && id.computed, "{}", kind.name());
        assert!(schema.field("region").is_some_and(|it| it.computed), "{}", kind.name());
        assert_eq!(schema.field("tags").is_some(), schema.field("tags_all").is_some());
        undocumented(kind.name(), schema);
    }
}

fn undocumented(of: &str, schema: &Schema) {
    for field in &schema.fields {
        assert!(!field.doc.is_empty(), "{of}.{} has no documentation", field.name);
        if let (Some(block), Shape::Set(_)) = (field.shape.block(), &field.shape) {
            undocumented(&format!("{of}.{}", field.name), block);
        }
    }
}

#[test]
fn fields_name_only_fields_there_are() {
    for kind in RESOURCES {
        let schema = kind.schema();
        for field in &schema.fields {
            let names = [
                field.conflicts_with,
                field.exactly_one_of,
                field.at_least_one_of,
                field.required_with,
            ];
            for name in names.into_iter().flatten() {
                assert!(schema.field(name).is_some(), "{}.{}: {name}", kind.name(), field.name);
            }
        }
    }
}
