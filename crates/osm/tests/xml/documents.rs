//! What the readers make of small documents.

use osmtracker_osm::{
    Action, BoundingBox, ChangesetId, Coordinate, ElementData, ElementId, ElementType, MemberGeometry, ReadErrorKind,
    User, UserId, Version, WayNode,
    xml::{parse_augmented_diff, parse_changesets, parse_elements, parse_osm_change},
};

fn at(lon: f64, lat: f64) -> Coordinate {
    Coordinate::from_degrees(lon, lat).unwrap()
}

fn osm(content: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<osm version=\"0.6\">\n{content}\n</osm>\n")
}

fn elements_error(document: &str) -> String {
    parse_elements(document.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_node_has_all_that_its_tag_says() {
    let xml = osm(r#"<node id="5" visible="true" version="3" changeset="7" timestamp="2017-02-20T09:47:53Z"
        user="Ünïcödé &amp; &lt;Co&gt; &quot;q&quot;" uid="9" lat="-45.5935326" lon="73.5"><tag k="name" v="a&#10;b"/></node>"#);
    let node = parse_elements(xml.as_bytes()).unwrap().remove(0);
    assert_eq!((node.id, node.version, node.visible), (ElementId(5), Version(3), true));
    assert_eq!(node.changeset, Some(ChangesetId(7)));
    assert_eq!(node.timestamp.unwrap().to_string(), "2017-02-20T09:47:53Z");
    assert_eq!(node.user, Some(User { uid: Some(UserId(9)), name: "Ünïcödé & <Co> \"q\"".into() }));
    assert_eq!(node.position(), Some(Coordinate { lon: 735_000_000, lat: -455_935_326 }));
    assert_eq!(node.tags.iter().collect::<Vec<_>>(), [("name", "a\nb")]);
}

#[test]
fn anonymous_and_undated_elements_have_no_author_and_no_time() {
    let xml = osm(r#"<way id="5" version="1"><nd ref="-1"/></way><node id="1" uid="0" user="" changeset="0"/>"#);
    let elements = parse_elements(xml.as_bytes()).unwrap();
    assert_eq!((&elements[0].user, elements[0].changeset, elements[0].timestamp), (&None, None, None));
    assert_eq!(elements[0].nodes(), [WayNode { id: ElementId(-1), position: None }]);
    assert_eq!((&elements[1].user, elements[1].changeset, elements[1].version), (&None, None, Version(0)));
}

#[test]
fn users_are_shared_within_a_document() {
    let xml = osm(&r#"<node id="1" user="ann" uid="3"/>"#.repeat(2));
    let elements = parse_elements(xml.as_bytes()).unwrap();
    let [first, second] = [0, 1].map(|n: usize| &elements[n].user.as_ref().unwrap().name);
    assert!(std::sync::Arc::ptr_eq(first, second));
}

#[test]
fn osm_change_blocks_hold_one_element_or_many() {
    let xml = br#"<osmChange version="0.6"><create/><bounds minlat="1"/>
        <modify><node id="1" version="2" lat="1" lon="2"/><way id="2" version="3"><nd ref="1"/></way></modify>
        <delete if-unused="true"><node id="3" version="4" visible="true" lat="1" lon="2"/></delete>
        <delete><node id="4" version="2"/></delete><delete><way id="5" version="2"/></delete>
        <create><relation id="6" version="1"><member type="way" ref="2" role="outer"/></relation></create></osmChange>"#;
    let changes = parse_osm_change(xml).unwrap().changes;
    let read: Vec<_> = changes.iter().map(|(action, e)| (*action, e.element_ref().to_string(), e.visible)).collect();
    let expected = [
        (Action::Modify, "node/1", true),
        (Action::Modify, "way/2", true),
        (Action::Delete, "node/3", false),
        (Action::Delete, "node/4", false),
        (Action::Delete, "way/5", false),
        (Action::Create, "relation/6", true),
    ];
    assert_eq!(read, expected.map(|(action, element, visible)| (action, element.to_owned(), visible)));
    assert_eq!(changes[2].1.position(), Some(at(2.0, 1.0)));
    assert_eq!(changes[3].1.position(), None);
    assert_eq!(&*changes[5].1.members()[0].role, "outer");
}

#[test]
fn augmented_diffs_have_old_and_new_sides() {
    let xml = osm(r#"<note>The data is © OpenStreetMap</note><meta osm_base="2017-03-09T04:18:02Z"/>
        <action type="create"><node id="1" version="1" lat="1" lon="2"/></action>
        <action type="create"><old><node id="9" version="2" visible="false"/></old><new><node id="9" version="3"/></new></action>
        <action type="modify"><old><way id="2" version="1"><bounds minlat="1" minlon="1" maxlat="1" maxlon="1"/>
            <nd ref="1" lat="1" lon="2"/><nd ref="3"/></way></old>
            <new><way id="2" version="1"><nd ref="1" lat="1.5" lon="2"/></way></new></action>
        <action type="delete"><old><node id="3" version="1" lat="1" lon="2"/></old><new><node id="3" version="2"/></new></action>
        <action type="delete"><old><node id="4" version="1"/></old><new/></action>"#);
    let actions = parse_augmented_diff(xml.as_bytes()).unwrap().actions;
    assert_eq!(actions.len(), 5);
    assert!(actions[0].old.is_none() && actions[0].new.as_ref().unwrap().visible);
    assert!(!actions[1].old.as_ref().unwrap().visible && actions[1].new.as_ref().unwrap().visible);
    let nodes = actions[2].old.as_ref().unwrap().nodes();
    assert_eq!(nodes[0], WayNode { id: ElementId(1), position: Some(at(2.0, 1.0)) });
    assert_eq!(nodes[1].position, None);
    assert!(actions[3].old.as_ref().unwrap().visible && !actions[3].new.as_ref().unwrap().visible);
    assert_eq!(actions[4].new, None);
    assert_eq!(actions[4].element_ref().unwrap().to_string(), "node/4");
}

#[test]
fn members_have_the_geometry_of_their_type() {
    let xml = osm(r#"<action type="create"><relation id="1" version="1">
        <member type="node" ref="1" role="stop" lat="1" lon="2"/>
        <member type="way" ref="2" role=""><nd lat="1" lon="2"/><nd/><nd ref="7" lat="3" lon="4"/></member>
        <member type="relation" ref="3" role="&lt;"/><tag k="type" v="route"/></relation></action>"#);
    let action = parse_augmented_diff(xml.as_bytes()).unwrap().actions.remove(0);
    let new = action.new.unwrap();
    let geometries: Vec<_> = new.members().iter().map(|member| member.geometry.clone()).collect();
    let line = vec![Some(at(2.0, 1.0)), None, Some(at(4.0, 3.0))];
    assert_eq!(geometries, [Some(MemberGeometry::Node(at(2.0, 1.0))), Some(MemberGeometry::Way(line)), None]);
    assert_eq!(new.members()[2].kind, ElementType::Relation);
    assert_eq!(&*new.members()[2].role, "<");
}

#[test]
fn both_dialects_of_changesets_are_read() {
    let xml = osm(r#"<changeset id="1" created_at="2017-01-01T00:00:00Z" closed_at="2017-01-01T01:00:00Z" open="false"
            num_changes="8" user="ann" uid="3" min_lat="1" max_lat="3" min_lon="2" max_lon="4" comments_count="2"/>
        <changeset id="2" created_at="2017-01-01T00:00:00Z" closed_at="2017-01-01T01:00:00Z" open="true" changes_count="9"
            created_count="1" modified_count="8" deleted_count="0"><discussion/><tag k="comment" v=" "/></changeset>
        <changeset id="3" created_at="2017-01-01T00:00:00Z"></changeset>"#);
    let changesets = parse_changesets(xml.as_bytes()).unwrap();
    assert_eq!(changesets[0].bounds, Some(BoundingBox { min: at(2.0, 1.0), max: at(4.0, 3.0) }));
    assert_eq!((changesets[0].num_changes, changesets[0].comments_count, changesets[0].open), (8, 2, false));
    assert!(changesets[0].closed_at.is_some());
    assert_eq!((changesets[1].num_changes, changesets[1].open, changesets[1].closed_at), (9, true, None));
    assert_eq!((&changesets[1].user, changesets[1].bounds, changesets[1].comment()), (&None, None, None));
    assert!(changesets[2].open, "neither closed nor said to be");
}

#[test]
fn the_text_of_comments_keeps_its_white_space_and_characters() {
    let xml = osm("<changeset id=\"1\" created_at=\"2017-01-01T00:00:00Z\" open=\"true\"><discussion>\
        <comment id=\"5\" date=\"2017-01-02T00:00:00Z\" uid=\"3\" user=\"ann\"><text> a &amp; b\n &lt;i&gt;\r\n\
        <!-- no --><![CDATA[<&>]]> &#x1F600;  </text></comment>\
        <comment date=\"2017-01-02T00:00:00Z\" visible=\"false\"><text>hidden</text></comment>\
        <comment date=\"2017-01-02T00:00:00Z\"/></discussion>\n <tag k=\"a\" v=\"b\"/></changeset>");
    let changeset = parse_changesets(xml.as_bytes()).unwrap().remove(0);
    assert_eq!(changeset.discussion[0].text, " a & b\n <i>\n<&> 😀  ");
    assert_eq!((changeset.discussion[0].id, changeset.discussion.len()), (Some(5), 2));
    assert_eq!((changeset.discussion[1].text.as_str(), &changeset.discussion[1].user), ("", &None));
    assert_eq!(changeset.tags.get("a"), Some("b"), "white space between tags has no meaning again");
}

#[test]
fn what_is_unknown_is_passed_over() {
    let xml = osm(r#"<bounds/><note>text &amp; more</note><user id="1"><node id="99"/></user>
        <node id="1" future="x" lat="1" lon="2"><extra><deep>x</deep></extra><tag k="a" v="b" z="c">?</tag></node>
        <!-- <node id="2"/> --><?pi?>"#);
    let elements = parse_elements(xml.as_bytes()).unwrap();
    assert_eq!(elements.len(), 1);
    assert_eq!(elements[0].tags.get("a"), Some("b"));
}

#[test]
fn another_document_is_named_by_its_root() {
    let s3 = "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code></Error>";
    assert_eq!(elements_error(s3), "at byte 22: the root element is <Error>, not <osm>");
    assert_eq!(elements_error("<html><body>"), "at byte 0: the root element is <html>, not <osm>");
    assert!(elements_error("<!DOCTYPE html><html/>").contains("document type declaration"));
    assert!(elements_error("You have downloaded too much data.").contains("unexpected text \"You have"));
    assert!(parse_osm_change(b"<osm/>").unwrap_err().to_string().contains("not <osmChange>"));
    assert!(elements_error("").contains("before its root element"));
}

#[test]
fn a_server_that_broke_off_is_an_error() {
    for report in ["<error>timed out &amp; gone</error>", "<remark> runtime error: Query timed out </remark>"] {
        let xml = osm(&format!("<node id=\"1\"/>{report}"));
        let error = parse_elements(xml.as_bytes()).unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::BrokenOff(_)), "{error}");
    }
    let error = elements_error(&osm("<way id=\"1\"><error>connection lost</error></way>"));
    assert!(error.ends_with("the server broke off: connection lost"), "{error}");
}

#[test]
fn what_is_wrong_is_said_with_its_byte() {
    for (xml, message) in [
        ("<osm><node/></osm>", "at byte 5: <node> has no attribute id"),
        ("<osm><node id='1' lat='1'/></osm>", "at byte 5: <node> has no attribute lon"),
        ("<osm><node id='x'/></osm>", "at byte 15: attribute id=\"x\" is not a whole number"),
        (
            "<osm><node id='1' lat='91' lon='1'/></osm>",
            "at byte 23: attribute lat=\"91\" is not a latitude from -90 to 90",
        ),
        ("<osm><node id='1' visible='yes'/></osm>", "at byte 27: attribute visible=\"yes\" is not true or false"),
        ("\u{feff}<osm><node/></osm>", "at byte 8: <node> has no attribute id"),
        ("<osm><way id='1'><nd/></way></osm>", "at byte 17: <nd> has no attribute ref"),
        ("<osm>text</osm>", "at byte 9: unexpected text \"text\""),
        ("<osm>&amp;</osm>", "at byte 10: unexpected text \"&\""),
        ("<osm></osm><osm/>", "at byte 11: not well-formed XML: a second root element"),
        ("<osm/>x", "at byte 7: unexpected text \"x\""),
        (
            "<osm><node id='1'></osm>",
            "at byte 18: not well-formed XML: ill-formed document: expected `</node>`, but `</osm>` was found",
        ),
        ("<osm><node id='1'/>", "at byte 19: the document ends before its root element is closed"),
    ] {
        assert_eq!(elements_error(xml), message, "{xml}");
    }
}

#[test]
fn an_action_has_each_side_once_and_a_known_type() {
    let error = |content: &str| parse_augmented_diff(osm(content).as_bytes()).unwrap_err().to_string();
    let twice = "<action type='modify'><new><node id='1'/><node id='2'/></new></action>";
    assert!(error(twice).ends_with("unexpected <node> in <action>"), "{}", error(twice));
    assert!(error("<action type='swap'/>").ends_with("attribute type=\"swap\" is not create, modify or delete"));
    assert!(error("<action/>").ends_with("<action> has no attribute type"));
}

#[test]
fn other_encodings_and_broken_bytes_are_errors() {
    let latin = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><osm/>";
    assert!(matches!(parse_elements(latin).unwrap_err().kind, ReadErrorKind::Encoding(_)));
    let broken = b"<osm><node id=\"1\"><tag k=\"a\" v=\"\xff\"/></node></osm>";
    assert!(matches!(parse_elements(broken).unwrap_err().kind, ReadErrorKind::Encoding(_)));
}

#[test]
fn entities_cannot_be_defined() {
    let bomb = "<!DOCTYPE osm [<!ENTITY a \"&b;&b;\"><!ENTITY b \"x\">]><osm><node id=\"1\" user=\"&a;\"/></osm>";
    assert!(elements_error(bomb).contains("a document type declaration is refused"));
    assert!(elements_error("<osm><node id=\"1\" user=\"&a;\"/></osm>").ends_with("unknown reference &a;"));
}

#[test]
fn a_deleted_way_is_empty() {
    let way = parse_elements(osm("<way id=\"1\" version=\"2\" visible=\"false\"/>").as_bytes()).unwrap().remove(0);
    assert!(!way.visible);
    assert_eq!(way.data, ElementData::Way { nodes: Vec::new() });
}
