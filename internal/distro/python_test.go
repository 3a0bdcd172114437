package distro

import "testing"

func TestHasPython(t *testing.T) {
	old, _ := ByCodename("bookworm") // 3.11
	now, _ := ByCodename("trixie")   // 3.13
	for asked, want := range map[string][2]bool{
		"":                   {true, true},
		">=3.12":             {false, true},
		" >= 3.9 , < 4 ":     {true, true},
		">=3.14":             {false, false},
		">3.11":              {true, true},
		">3.12":              {false, true},
		"<3.13":              {true, false},
		"<=3.11":             {false, false}, // 3.11.2 is more
		"<=3.13":             {true, false},
		"<3.13.9":            {true, true},
		">=3.11.4":           {true, true}, // for pip to judge
		"==3.13.*":           {false, true},
		"==3.*":              {true, true},
		"!=3.13.*":           {true, false},
		"!=3.13.1,>=3.8":     {true, true},
		"~=3.12":             {false, true},
		"~=3.11":             {true, true},
		"~=3.11.2":           {true, false},
		"^3.12":              {false, true},
		"^2.7":               {false, false},
		"~3.11":              {true, false},
		"3.13":               {false, true},
		"*":                  {true, true},
		"~3.11 || ^3.13":     {true, true},
		">=3.14.0rc1":        {true, true},
		">=3.10,<3.13,!=3.9": {true, false},
	} {
		if got := [2]bool{old.HasPython(asked), now.HasPython(asked)}; got != want {
			t.Errorf("%q: %v on %s and %s, not %v", asked, got, old.Name, now.Name, want)
		}
	}
}
