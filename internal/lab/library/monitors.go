package library

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
)

const rootID = "0000000000000001" // of the folder that all others are in

// monitor is a monitor or a folder of such.
type monitor struct {
	folder            bool
	Name, Description string
	parent            string // "" for the root
	version           int
	def               definition // of a monitor
}

// definition is what a request may say of a monitor.
type definition struct {
	Type                    string            `json:"type"`
	Name                    string            `json:"name"`
	Description             string            `json:"description"`
	Version                 *int              `json:"version"`
	MonitorType             string            `json:"monitorType"`
	EvaluationDelay         string            `json:"evaluationDelay"`
	AlertName               string            `json:"alertName"`
	NotificationGroupFields []string          `json:"notificationGroupFields"`
	Queries                 []query           `json:"queries"`
	Triggers                []trigger         `json:"triggers"`
	Notifications           []notification    `json:"notifications"`
	IsDisabled              bool              `json:"isDisabled"`
	GroupNotifications      *bool             `json:"groupNotifications"`
	Playbook                string            `json:"playbook"`
	AutomatedPlaybookIDs    []string          `json:"automatedPlaybookIds"`
	Tags                    map[string]string `json:"tags"`
	TimeZone                string            `json:"timeZone"`
}

type query struct {
	RowID string `json:"rowId"`
	Query string `json:"query"`
}

// notification is sent where one of the triggers runs.
type notification struct {
	Notification struct {
		ConnectionType            string   `json:"connectionType"`
		Recipients                []string `json:"recipients,omitempty"`
		Subject                   string   `json:"subject,omitempty"`
		MessageBody               string   `json:"messageBody,omitempty"`
		TimeZone                  string   `json:"timeZone,omitempty"`
		ConnectionID              string   `json:"connectionId,omitempty"`
		PayloadOverride           string   `json:"payloadOverride,omitempty"`
		ResolutionPayloadOverride string   `json:"resolutionPayloadOverride,omitempty"`
	} `json:"notification"`
	RunForTriggerTypes []string `json:"runForTriggerTypes"`
}

// children are the identifiers of what is in a folder.
func (l *Library) children(id string) []string {
	var in []string
	for _, child := range slices.Sorted(maps.Keys(l.monitors)) {
		if l.monitors[child].parent == id {
			in = append(in, child)
		}
	}
	return in
}

// brief is an entry as a folder lists it: without what makes a monitor.
func (l *Library) brief(id string) map[string]any {
	m := l.monitors[id]
	content := "Monitor"
	if m.folder {
		content = "Folder"
	}
	return stamp(map[string]any{"id": id, "name": m.Name, "description": m.Description, "version": m.version, "parentId": cmp.Or(m.parent, "0000000000000000"),
		"contentType": content, "type": "MonitorsLibraryBaseResponse", "isSystem": id == rootID, "isMutable": id != rootID, "isLocked": false})
}

// shown is an entry as it is asked for by itself.
func (l *Library) shown(id string) map[string]any {
	m, answer := l.monitors[id], l.brief(id)
	if m.folder {
		list := []map[string]any{}
		for _, child := range l.children(id) {
			list = append(list, l.brief(child))
		}
		answer["type"], answer["permissions"], answer["children"] = "MonitorsLibraryFolderResponse", []string{"Create", "Read", "Update", "Delete", "Manage"}, list
		return answer
	}
	raw, _ := json.Marshal(m.def)
	var fields map[string]any
	_ = json.Unmarshal(raw, &fields)
	for key, value := range fields {
		if _, own := answer[key]; !own && value != nil && value != "" {
			answer[key] = value
		}
	}
	answer["groupNotifications"] = m.def.GroupNotifications == nil || *m.def.GroupNotifications
	answer["type"], answer["status"], answer["warnings"] = "MonitorsLibraryMonitorResponse", []string{"Normal"}, nil
	return answer
}

func (l *Library) monitor(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if l.monitors[id] == nil {
		return nil, missing("The object with the identifier " + id)
	}
	return l.shown(id), nil
}

// monitorsByID answers with those that there are, by their identifiers.
func (l *Library) monitorsByID(r *http.Request) (any, error) {
	found := map[string]any{}
	for _, ids := range r.URL.Query()["ids"] {
		for id := range strings.SplitSeq(ids, ",") {
			if l.monitors[id] != nil {
				found[id] = l.shown(id)
			}
		}
	}
	if len(r.URL.Query()["ids"]) == 0 {
		return nil, invalid("The parameter ids is missing.")
	}
	return found, nil
}

func (l *Library) monitorByPath(r *http.Request) (any, error) {
	path := r.URL.Query().Get("path")
	steps := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if !strings.HasPrefix(path, "/") || steps[0] != "Monitor" {
		return nil, invalid("The path must begin with /Monitor.")
	}
	at := rootID
	for _, step := range steps[1:] {
		if at = l.named(at, step); at == "" {
			return nil, missing("The object at the path " + path)
		}
	}
	return l.shown(at), nil
}

// named is what a folder has by a name, "" for nothing.
func (l *Library) named(folder, called string) string {
	for _, id := range l.children(folder) {
		if l.monitors[id].Name == called {
			return id
		}
	}
	return ""
}

func (l *Library) newMonitor(r *http.Request) (any, error) {
	parent := r.URL.Query().Get("parentId")
	if p := l.monitors[parent]; p == nil || !p.folder {
		return nil, refuse(http.StatusBadRequest, "content:parent_not_found", "Parent object not found.")
	}
	var d definition
	if err := read(r, &d); err != nil {
		return nil, err
	}
	m := &monitor{parent: parent, folder: d.Type == "MonitorsLibraryFolder"}
	switch {
	case !m.folder && d.Type != "MonitorsLibraryMonitor":
		return nil, invalid("type: %q is neither MonitorsLibraryMonitor nor MonitorsLibraryFolder.", d.Type)
	case d.Version != nil:
		return nil, invalid("version: what is new has none.")
	case l.named(parent, d.Name) != "":
		return nil, refuse(http.StatusBadRequest, "content:duplicate_content", "The content with same name already exists.")
	}
	if err := l.take(m, d); err != nil {
		return nil, err
	}
	id := l.newID()
	l.monitors[id] = m
	return l.shown(id), nil
}

func (l *Library) changeMonitor(r *http.Request) (any, error) {
	id := r.PathValue("id")
	m := l.monitors[id]
	if m == nil || id == rootID {
		return nil, missing("The object with the identifier " + id)
	}
	var d definition
	if err := read(r, &d); err != nil {
		return nil, err
	}
	want := map[bool]string{true: "MonitorsLibraryFolderUpdate", false: "MonitorsLibraryMonitorUpdate"}[m.folder]
	switch other := l.named(m.parent, d.Name); {
	case d.Type != want:
		return nil, invalid("type: %q is not %s.", d.Type, want)
	case d.Version == nil:
		return nil, invalid("version: it is missing.")
	case *d.Version != m.version:
		return nil, refuse(http.StatusConflict, "content:version_mismatch", "The version %d is not the latest, %d.", *d.Version, m.version)
	case other != "" && other != id:
		return nil, refuse(http.StatusBadRequest, "content:duplicate_content", "The content with same name already exists.")
	}
	if err := l.take(m, d); err != nil {
		return nil, err
	}
	m.version++
	return l.shown(id), nil
}

// take makes an entry what a request says.
func (l *Library) take(m *monitor, d definition) error {
	if err := name(d.Name, 255); err != nil {
		return err
	}
	if strings.TrimSpace(d.Description) != d.Description {
		return invalid("The description must not begin or end with a blank.")
	}
	if !m.folder {
		if err := l.check(&d); err != nil {
			return err
		}
		m.def = d
	} else if d.MonitorType != "" || len(d.Queries)+len(d.Triggers)+len(d.Notifications) > 0 {
		return invalid("A folder has neither queries nor triggers.")
	}
	m.Name, m.Description = d.Name, d.Description
	return nil
}

// deleteMonitor takes an entry away, and what is in it.
func (l *Library) deleteMonitor(r *http.Request) (any, error) {
	id := r.PathValue("id")
	if l.monitors[id] == nil || id == rootID {
		return nil, missing("The object with the identifier " + id)
	}
	gone := []string{id}
	for i := 0; i < len(gone); i++ {
		gone = append(gone, l.children(gone[i])...)
	}
	for _, each := range gone {
		delete(l.monitors, each)
	}
	return nil, nil
}
