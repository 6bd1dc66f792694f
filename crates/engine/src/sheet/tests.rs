//! Files as people have them, good and bad.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

use super::*;

fn rows(bytes: &[u8]) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    read(bytes, &mut |row| {
        rows.push(row);
        Ok(())
    })?;
    Ok(rows)
}

fn cells(bytes: &[u8]) -> Vec<Vec<String>> {
    rows(bytes).unwrap().into_iter().map(|row| row.cells).collect()
}

fn refused(bytes: &[u8]) -> String {
    rows(bytes).unwrap_err()
}

/// A workbook with one sheet of this XML.
pub(crate) fn workbook(sheet: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let types = r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#;
    let book = r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Products" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let root = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{sheet}</sheetData></worksheet>"#
    );
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let parts: [(&str, &[u8]); 5] = [
        ("_rels/.rels", root.as_bytes()),
        ("[Content_Types].xml", types.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    for (name, content) in parts.iter().chain(more) {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[test]
fn csv_is_read_with_quotes_line_breaks_and_either_separator() {
    let text = "\u{feff}sku;title\r\nA;\"Mug; \"\"big\"\"\nblue\"\r\n\r\nB;Cup, red\r\n";
    let read = rows(text.as_bytes()).unwrap();
    assert_eq!(read[1].cells, ["A", "Mug; \"big\"\nblue"]);
    assert_eq!((read[1].line, read[2].line), (2, 5));
    assert_eq!(cells(b"sku,title\nA,5\" pipe")[1], ["A", "5\" pipe"]);
    assert_eq!(cells(b"sku\ttitle\nA\tMug")[1], ["A", "Mug"]);
    assert_eq!(cells(b"sku\nA")[1], ["A"]);
}

#[test]
fn what_is_no_csv_is_told_with_the_remedy() {
    for (bytes, told) in [
        (&b""[..], "empty"),
        (b"  \n ", "empty"),
        (b"sku,title\n", "no rows"),
        (b"<!doctype html><html>", "web page"),
        (b"  <?xml version=\"1.0\"?>", "web page"),
        (b"{\"sku\":1}", "JSON"),
        (b"\xff\xfes\0k\0u\0", "UTF-16"),
        (b"s\0k\0u\0", "no text"),
        (b"sku,title\nA,M\xfcg", "line 2 is not in UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"sku,title\nA,\"Mug\nB,Cup", "line 2: a quote is never closed"),
        (b"PK\x03\x04 and then nothing", "damaged"),
    ] {
        let said = refused(bytes);
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn a_million_rows_are_refused_and_not_kept() {
    let mut text = String::from("sku,title\n");
    for n in 0..1_000_000 {
        text.push_str(&format!("{n},M\n"));
    }
    assert!(refused(text.as_bytes()).contains("more than 50000 rows"));
    assert!(refused(&vec![b'a'; MAX_FILE + 1]).contains("bytes"));
}

#[test]
fn a_workbook_is_read_cell_by_cell() {
    let sheet = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c><c r="C1" t="inlineStr"><is><t>barcode</t></is></c></row>
        <row r="3"><c r="A3" t="inlineStr"><is><t>A &amp; B</t></is></c><c r="B3"><v>0.30000000000000004</v></c><c r="C3"><v>4006381333931</v></c></row>
        <row r="4"><c r="A4" t="e"><v>#N/A</v></c><c r="B4"><f>1+1</f><v>2</v></c><c r="C4" t="b"><v>1</v></c></row>"#;
    let read = rows(&workbook(sheet, &[])).unwrap();
    assert_eq!(read[0].cells, ["sku", "", "barcode"]);
    assert_eq!(
        (read[1].line, read[1].cells.clone()),
        (3, vec!["A & B".into(), "0.3".into(), "4006381333931".into()])
    );
    assert_eq!(read[2].cells[2], "true");
    let told: Vec<&str> = read[2].problems.iter().map(|(_, what)| what.as_str()).collect();
    assert!(
        told[0].contains("#N/A") && told[1].contains("formula"),
        "{told:?}"
    );
}

#[test]
fn a_bomb_is_not_unpacked() {
    let zeros = vec![b' '; 40 * 1024 * 1024];
    let bomb = workbook("", &[("xl/sharedStrings.xml", &zeros)]);
    assert!(bomb.len() < 1_000_000, "{}", bomb.len());
    assert!(refused(&bomb).contains("too large"));
    let far = r#"<row r="1"><c r="XFD1"><v>1</v></c></row>"#;
    assert!(refused(&workbook(far, &[])).contains("columns"));
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive
        .start_file("readme.txt", SimpleFileOptions::default())
        .unwrap();
    let other = archive.finish().unwrap().into_inner();
    assert!(refused(&other).contains("not an XLSX"));
}

#[test]
fn formulas_are_told_and_guarded_text_comes_back() {
    let read = rows(b"sku,title\nA,=HYPERLINK(1)\nB,'=x").unwrap();
    assert!(read[1].problems[0].1.contains("formula"));
    assert_eq!(unguarded(&read[2].cells[1]), "=x");
    for text in ["=x", "-1", "'=x", "''", "'Tis", "plain", "", "@a", "'"] {
        assert_eq!(unguarded(&guarded(text)), text, "{text}");
    }
    assert_eq!(guarded("'Tis"), "'Tis");
}
