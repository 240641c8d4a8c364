// The editor of an assignment's page: CodeMirror in a shadow root, where its styles are adopted sheets. A <style>
// element of its own would be refused by the service's policy (style-src 'self').
import {basicSetup} from "codemirror"
import {python} from "@codemirror/lang-python"
import {indentWithTab} from "@codemirror/commands"
import {HighlightStyle, indentUnit, syntaxHighlighting} from "@codemirror/language"
import {EditorState} from "@codemirror/state"
import {EditorView, keymap} from "@codemirror/view"
import {tags} from "@lezer/highlight"

// Colours are variables of the page, so that the dark scheme needs no second theme.
const look = EditorView.theme({
  "&": {color: "var(--ink)", backgroundColor: "var(--paper)", fontSize: "0.95rem"},
  "&.cm-focused": {outline: "none"},
  ".cm-scroller": {fontFamily: 'ui-monospace, "D2Coding", monospace', lineHeight: "1.5", minHeight: "18rem", maxHeight: "70vh"},
  ".cm-content": {caretColor: "var(--ink)"},
  ".cm-cursor, .cm-dropCursor": {borderLeftColor: "var(--ink)"},
  ".cm-gutters": {backgroundColor: "var(--soft)", color: "var(--quiet)", border: "none"},
  ".cm-activeLineGutter": {backgroundColor: "var(--chosen)", color: "var(--ink)"},
  ".cm-activeLine": {backgroundColor: "transparent"},
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--chosen)",
  },
  ".cm-selectionMatch": {backgroundColor: "var(--chosen)"},
  "&.cm-focused .cm-matchingBracket": {backgroundColor: "var(--chosen)", outline: "1px solid var(--line)"},
  ".cm-panels, .cm-tooltip": {backgroundColor: "var(--soft)", color: "var(--ink)", borderColor: "var(--line)"},
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {backgroundColor: "var(--link)", color: "var(--paper)"},
})
const colours = HighlightStyle.define([
  {tag: [tags.keyword, tags.operatorKeyword], color: "var(--code-word)", fontWeight: "600"},
  {tag: [tags.string, tags.special(tags.string)], color: "var(--code-text)"},
  {tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)"},
  {tag: tags.comment, color: "var(--quiet)", fontStyle: "italic"},
  {tag: [tags.definition(tags.variableName), tags.definition(tags.className), tags.function(tags.definition(tags.variableName))], color: "var(--link)"},
])

/** Put an editor in front of a textarea, which keeps the text that is sent with its form. */
function mount(textarea) {
  const label = document.querySelector(`label[for="${textarea.id}"]`)
  const host = document.createElement("div")
  host.className = "editor"
  const root = host.attachShadow({mode: "open"})
  textarea.after(host)
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: textarea.value,
      extensions: [
        basicSetup,
        python(),
        indentUnit.of("    "),
        keymap.of([indentWithTab]),
        look,
        syntaxHighlighting(colours),
        EditorView.contentAttributes.of({"aria-label": label ? label.textContent.trim() : textarea.name}),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) textarea.value = update.state.doc.toString()
        }),
      ],
    }),
  })
  textarea.hidden = true
  if (label) label.addEventListener("click", () => view.focus())
  // What site.js read from a dropped file.
  textarea.addEventListener("dout:text", () => {
    view.dispatch({changes: {from: 0, to: view.state.doc.length, insert: textarea.value}})
  })
  return view
}

document.querySelectorAll("textarea[data-editor]").forEach(mount)
