package topology

import "testing"

// topology is an example and what is done with it.
type topology struct {
	name  string
	roads []road       // both directions
	cuts  []cut        //
	no    []refusal    // what is refused while the sender is connected
	also  []func(*lab) // what only this topology promises
}

// cut is a hop that fails for a while.
type cut struct {
	how   cutting
	what  string // host, or the domain whose MX nobody can ask
	roads []int  // that lead over it
}

// refusal is an address that a door refuses.
type refusal struct{ host, from, to, code string }

var topologies = []topology{
	{
		name: "local-only",
		roads: []road{
			{via: "mail", from: "an@truong.test", to: "binh@truong.test", end: "mail"},
			{via: "mail", from: "binh@truong.test", to: "an@truong.test", end: "mail"},
		},
		cuts: []cut{{crash, "mail", []int{0, 1, 0, 1, 0, 1}}},
		no: []refusal{
			{"mail", "an@truong.test", "nobody@truong.test", "550 5.1.1"},
			{"mail", "an@truong.test", "chi@ngoai.test", "550 5.1.2"},
		},
		also: []func(*lab){sendToStaff},
	},
	{
		name: "gateway",
		roads: []road{
			{via: "mail", from: "an@congty.test", to: "chi@ngoai.test", end: "outside"},
			{via: "outside", from: "chi@ngoai.test", to: "an@congty.test", end: "mail"},
			{via: "workshop", from: "binh@xuong.congty.test", to: "chi@ngoai.test", end: "outside"},
			{via: "outside", from: "chi@ngoai.test", to: "binh@xuong.congty.test", end: "workshop"},
			{via: "workshop", from: "binh@xuong.congty.test", to: "an@congty.test", end: "mail"},
			{via: "mail", from: "an@congty.test", to: "binh@xuong.congty.test", end: "workshop"},
		},
		cuts: []cut{{kill, "gateway", []int{0, 1, 2, 3}}, {freeze, "mail", []int{1, 2, 3}}, {kill, "mail", []int{1, 2, 3, 4}}, {dns, "ngoai.test", []int{0, 2}}},
		no: []refusal{
			{"outside", "chi@ngoai.test", "nobody@ngoai.test", "550 5.1.1"},
			{"gateway", "chi@ngoai.test", "nobody@congty.test", "550 5.1.1"},
			{"gateway", "chi@ngoai.test", "nobody@xuong.congty.test", "550 5.1.1"},
			{"gateway", "chi@ngoai.test", "dung@khac.test", "550 5.7.1"},
		},
	},
	{
		name: "two-domains",
		roads: []road{
			{via: "mot", from: "an@mot.test", to: "chi@ngoai.test", end: "outside"},
			{via: "outside", from: "chi@ngoai.test", to: "an@mot.test", end: "mot"},
			{via: "outside", from: "chi@ngoai.test", to: "binh@hai.test", end: "hai"},
			{via: "mot", from: "an@mot.test", to: "binh@hai.test", end: "hai"},
			{via: "hai", from: "binh@hai.test", to: "an@mot.test", end: "mot"},
		},
		cuts: []cut{{kill, "hai", []int{3, 1}}, {freeze, "gateway", []int{0, 1, 3}}, {kill, "gateway", []int{0, 1, 2, 3, 4}}},
		no:   []refusal{{"gateway", "chi@ngoai.test", "binh@mot.test", "550 5.1.1"}},
	},
	{
		name: "dmz-mailbox",
		roads: []road{
			{via: "mail", from: "an@congty.test", to: "binh@congty.test", end: "mail"},
			{via: "mail", from: "an@congty.test", to: "chi@ngoai.test", end: "outside"},
			{via: "outside", from: "chi@ngoai.test", to: "an@congty.test", end: "mail"},
			{via: "office", from: "an@congty.test", to: "chi@ngoai.test", end: "outside"},
			{via: "office", from: "an@congty.test", to: "binh@congty.test", end: "mail"},
		},
		cuts: []cut{{freeze, "outside", []int{1, 3}}, {kill, "mail", []int{2, 3, 4}}, {dns, "ngoai.test", []int{1}}},
		no:   []refusal{{"mail", "chi@ngoai.test", "dung@khac.test", "550 5.7.1"}},
	},
	{
		name: "dmz-relay",
		roads: []road{
			{via: "inside", from: "an@congty.test", to: "chi@ngoai.test", end: "outside"},
			{via: "outside", from: "chi@ngoai.test", to: "an@congty.test", end: "inside"},
			{via: "outside", from: "chi@ngoai.test", to: "binh@congty.test", end: "inside"},
		},
		cuts: []cut{{kill, "inside", []int{1, 2}}, {freeze, "relay", []int{0, 1}}, {kill, "relay", []int{0, 1, 2}}},
		no:   []refusal{{"relay", "chi@ngoai.test", "nobody@congty.test", "550 5.1.1"}},
		also: []func(*lab){relayKnowsNames},
	},
	{
		name: "dmz-proxy",
		roads: []road{
			{via: "inside", from: "an@congty.test", to: "chi@ngoai.test", end: "outside"},
			{via: "outside", from: "chi@ngoai.test", to: "an@congty.test", end: "inside"},
			{via: "outside", from: "chi@ngoai.test", to: "binh@congty.test", end: "inside"},
		},
		cuts: []cut{{kill, "proxy", []int{0, 1, 2}}, {freeze, "inside", []int{1}}},
		no:   []refusal{{"proxy", "chi@ngoai.test", "nobody@congty.test", "550 5.1.1"}},
		also: []func(*lab){proxyStoresNothing},
	},
	{
		name: "isp",
		roads: []road{
			{via: "outside", from: "chi@ngoai.test", to: "info@khach-0500.test", end: "isp", box: "an@nhamang.test"},
			{via: "outside", from: "chi@ngoai.test", to: "info@khach-1000.test", end: "isp", box: "binh@khach-0001.test"},
			{via: "outside", from: "chi@ngoai.test", to: "binh@khach-0950.test", end: "isp", box: "binh@khach-0001.test"}, // one of the alias domains
			{via: "isp", from: "dung@khach-1000.test", to: "chi@ngoai.test", end: "outside"},
			{via: "isp", from: "binh@khach-0001.test", to: "dung@khach-1000.test", end: "isp"},
		},
		cuts: []cut{{kill, "isp", []int{0, 1}}, {freeze, "outside", []int{3}}},
		no: []refusal{
			{"isp", "chi@ngoai.test", "nobody@khach-0500.test", "550 5.1.1"},
			{"isp", "chi@ngoai.test", "info@khach-1001.test", "550 5.7.1"},
		},
		also: []func(*lab){sendToEachDomain, oneDomainMore},
	},
	{
		name: "backup-mx",
		roads: []road{
			{via: "primary", from: "an@congty.test", to: "chi@ngoai.test", end: "outside"},
			{via: "outside", from: "chi@ngoai.test", to: "an@congty.test", end: "primary"},
			{via: "outside", from: "chi@ngoai.test", to: "binh@congty.test", end: "primary"},
		},
		cuts: []cut{{kill, "primary", []int{1, 2}}, {kill, "outside", []int{0}}, {freeze, "primary", []int{1}}},
		no:   []refusal{{"backup", "chi@ngoai.test", "nobody@congty.test", "550 5.1.1"}},
		also: []func(*lab){backupKeepsMail},
	},
	{
		name: "null-client",
		roads: []road{
			{via: "client", from: "root@may.congty.test", to: "chi@ngoai.test", end: "outside"},
			{via: "client", from: "root@may.congty.test", to: "root@may.congty.test", end: "hub", box: "an@congty.test"},
			{via: "outside", from: "chi@ngoai.test", to: "root@congty.test", end: "hub", box: "an@congty.test"},
			{via: "hub", from: "an@congty.test", to: "chi@ngoai.test", end: "outside"},
		},
		cuts: []cut{{kill, "hub", []int{0, 1, 2}}, {freeze, "hub", []int{0, 1}}},
		also: []func(*lab){clientHidesItsName, programsSend},
	},
}

func TestTopologies(t *testing.T) {
	for _, topology := range topologies {
		t.Run(topology.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, topology.name)
			l.travelAsExplained(topology.roads, topology.no)
			for _, c := range topology.cuts {
				l.suffer(c, topology.roads)
			}
			for _, promise := range topology.also {
				promise(l)
			}
			l.verify()
		})
	}
}
